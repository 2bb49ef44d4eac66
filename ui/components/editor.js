// A question being written anew, in its place. Ctrl+Enter sends, Escape cancels; what is written stays in this browser until then.
export default {
  mixins: [window.attachments.attaching],
  template: `
    <form class="editor" @submit.prevent="save" @keydown="onKey">
      <Chips :files="files" :labels="labels" @remove="removeFile" @expand="expandFile"></Chips>
      <textarea ref="field" rows="1" name="edit" autocomplete="off" :aria-label="labels.edit_message"
        :value="text" @input="write($event.target.value, files)" @paste="onPaste"></textarea>
      <p v-if="problem" class="composer-problem" role="alert">{{ problem }}</p>
      <div class="editor-buttons">
        <button type="button" class="button small" @click="cancel"><span>{{ labels.cancel }}</span></button>
        <button type="submit" class="button small primary" :disabled="!ready"><span>{{ labels.save_and_send }}</span></button>
      </div>
    </form>`,
  props: {
    labels: Object, // edit_message, save_and_send, cancel, and those of the attachments
    message: String, // which question it is
    source: String, // … as it is
    refused: Number, // counts what the server has not taken
  },
  emits: ["save", "cancel"],
  data() {
    const kept = localStorage.getItem(`edit:${this.message}`);
    return { ...window.attachments.split(kept ?? this.source), sent: false };
  },
  computed: {
    ready() {
      return !this.sent && (this.text.trim() !== "" || this.files.length > 0);
    },
  },
  watch: {
    refused() {
      this.sent = false;
      this.$refs.field.focus();
    },
    text() {
      this.$nextTick(this.resize);
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
    // Taken: the server has put the new question in its place.
    if (this.sent) this.forget();
  },
  methods: {
    write(text, files) {
      Object.assign(this, { text, files });
      localStorage.setItem(`edit:${this.message}`, window.attachments.compose(text, files));
    },
    forget() {
      localStorage.removeItem(`edit:${this.message}`);
    },
    onKey(event) {
      if (window.shell.composing(event)) return;
      if (event.key === "Escape") {
        event.stopPropagation();
        this.cancel();
      } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.save();
      }
    },
    cancel() {
      this.forget();
      this.$emit("cancel");
    },
    save() {
      if (!this.ready) return;
      this.sent = true;
      this.$emit("save", window.attachments.compose(this.text, this.files));
    },
    resize() {
      const field = this.$refs.field;
      if (!field) return;
      field.style.height = "auto";
      field.style.height = `${field.scrollHeight}px`;
    },
  },
};
