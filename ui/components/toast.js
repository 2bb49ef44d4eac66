// What has just been done, in words, and a button that undoes it: both are gone after a while.
const SECONDS = 10;

export default {
  template: `
    <div class="toast-place">
      <div role="status"><span v-if="words" class="sr-only">{{ words }}</span></div>
      <div v-if="words" class="toast" @mouseenter="hold" @mouseleave="wait" @focusin="hold" @focusout="wait">
        <span class="toast-words" aria-hidden="true">{{ words }}</span>
        <button ref="undo" type="button" class="button small" @click="undo">{{ labels.undo }}</button>
        <button type="button" class="icon-button" :aria-label="labels.dismiss" :title="labels.dismiss"
          @click="hide"><span class="icon icon-close" aria-hidden="true"></span></button>
      </div>
    </div>`,
  props: {
    labels: Object, // undo, dismiss
  },
  emits: ["undo"],
  data: () => ({ words: "", number: 0 }),
  mounted() {
    document.addEventListener("keydown", this.onKey);
  },
  unmounted() {
    clearTimeout(this.timer);
    document.removeEventListener("keydown", this.onKey);
  },
  methods: {
    show(words, number) {
      Object.assign(this, { words, number });
      this.wait();
      // The button that was pressed has often gone with its conversation.
      this.$nextTick(() => document.activeElement === document.body && this.$refs.undo?.focus());
    },
    hide() {
      clearTimeout(this.timer);
      this.words = "";
    },
    wait() {
      clearTimeout(this.timer);
      this.timer = setTimeout(this.hide, SECONDS * 1000);
    },
    // Whoever is on the way to the button has all the time.
    hold() {
      if (this.$el.matches(":hover, :has(:focus-visible)")) clearTimeout(this.timer);
    },
    undo() {
      this.hide();
      this.$emit("undo", this.number);
    },
    onKey(event) {
      const typing = event.target.closest?.("input, textarea, [contenteditable]");
      if (!this.words || typing || event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.undo();
    },
  },
};
