// The field in which a message is written. The server learns of it only when it is sent.
const MAX_LINES = 8;

export default {
  template: `
    <form class="composer" @submit.prevent="send" @click.self="$refs.field.focus()">
      <textarea ref="field" rows="1" name="message" enterkeyhint="send" autocomplete="off"
        :aria-label="labels.message" :placeholder="labels.placeholder" :value="text"
        @input="onInput" @keydown="onKey"></textarea>
      <slot></slot>
      <button v-if="running" type="button" class="composer-button stop" :aria-label="labels.stop"
        :title="labels.stop" :disabled="stopping" @click="stop"><span class="icon icon-stop" aria-hidden="true"></span></button>
      <button v-else type="submit" class="composer-button send" :aria-label="labels.send"
        :title="labels.send" :disabled="!ready"><span class="icon icon-send" aria-hidden="true"></span></button>
    </form>`,
  props: {
    labels: Object, // message, placeholder, send, stop
    owner: String, // whose drafts these are
    conversation: String, // "" for a new one
    running: Boolean, // an answer is being written here
    accepted: Number, // counts the messages that the server has taken
    refused: Number, // … and not taken
  },
  emits: ["send", "stop"],
  data: () => ({ text: "", sent: null, typed: "", stopping: false }),
  computed: {
    ready() {
      return this.sent === null && this.text.trim() !== "";
    },
    draftKey() {
      return `draft:${this.owner}:${this.conversation || "new"}`;
    },
  },
  watch: {
    accepted() {
      const { text, key } = this.sent ?? { text: this.text, key: this.draftKey };
      localStorage.removeItem(key);
      this.sent = null;
      // What was typed after sending stays, and moves along when a new conversation has got its address.
      if (this.text === text) this.text = "";
      this.typed = this.text;
    },
    refused() {
      this.sent = null;
      this.focus();
    },
    running() {
      this.stopping = false;
    },
    draftKey(key) {
      if (this.typed) localStorage.setItem(key, this.typed);
      this.typed = "";
      this.restore();
    },
    text() {
      this.$nextTick(this.resize);
    },
  },
  mounted() {
    this.restore();
    this.resize();
    window.addEventListener("resize", this.resize);
  },
  unmounted() {
    window.removeEventListener("resize", this.resize);
  },
  methods: {
    restore() {
      this.text = localStorage.getItem(this.draftKey) ?? "";
      this.focus();
    },
    focus() {
      // On a phone focus would open the keyboard over what one came to read.
      if (matchMedia("(pointer: fine)").matches) this.$nextTick(() => this.$refs.field.focus());
    },
    onInput(event) {
      this.text = event.target.value;
      if (this.text) localStorage.setItem(this.draftKey, this.text);
      else localStorage.removeItem(this.draftKey);
    },
    onKey(event) {
      if (event.key !== "Enter" || event.shiftKey) return;
      // While an input method composes, Enter belongs to it; Safari tells that only by the code 229.
      if (event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.send();
    },
    send() {
      if (!this.ready || this.running) return;
      this.sent = { text: this.text, key: this.draftKey };
      this.$emit("send", this.text);
    },
    stop() {
      this.stopping = true;
      this.$emit("stop");
    },
    resize() {
      const field = this.$refs.field;
      if (!field) return;
      const style = getComputedStyle(field);
      const padding = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
      field.style.height = "auto";
      field.style.height = `${Math.min(field.scrollHeight, MAX_LINES * parseFloat(style.lineHeight) + padding)}px`;
    },
  },
};
