// A question being written anew, in its place. Ctrl+Enter sends, Escape cancels.
export default {
  template: `
    <form class="editor" @submit.prevent="save" @keydown="onKey">
      <textarea ref="field" rows="1" name="edit" autocomplete="off" :aria-label="labels.edit_message"
        :value="text" @input="onInput"></textarea>
      <div class="editor-buttons">
        <button type="button" class="button small" @click="$emit('cancel')"><span>{{ labels.cancel }}</span></button>
        <button type="submit" class="button small primary" :disabled="!ready"><span>{{ labels.save_and_send }}</span></button>
      </div>
    </form>`,
  props: {
    labels: Object, // edit_message, save_and_send, cancel
    source: String, // the question as it is
    refused: Number, // counts what the server has not taken
  },
  emits: ["save", "cancel"],
  data() {
    return { text: this.source, sent: false };
  },
  computed: {
    ready() {
      return !this.sent && this.text.trim() !== "";
    },
  },
  watch: {
    refused() {
      this.sent = false;
      this.$refs.field.focus();
    },
  },
  mounted() {
    const field = this.$refs.field;
    this.resize();
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
    window.addEventListener("resize", this.resize);
  },
  unmounted() {
    window.removeEventListener("resize", this.resize);
  },
  methods: {
    onInput(event) {
      this.text = event.target.value;
      this.resize();
    },
    onKey(event) {
      // While an input method composes, both keys belong to it; Safari tells that only by the code 229.
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "Escape") {
        event.stopPropagation();
        this.$emit("cancel");
      } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.save();
      }
    },
    save() {
      if (!this.ready) return;
      this.sent = true;
      this.$emit("save", this.text);
    },
    resize() {
      const field = this.$refs.field;
      field.style.height = "auto";
      field.style.height = `${field.scrollHeight}px`;
    },
  },
};
