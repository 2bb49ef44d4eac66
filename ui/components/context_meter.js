// How full the model's window is with the next prompt, as a ring in the composer's corner. Asks when typing pauses.
const PAUSE_MS = 700;
const AROUND = 2 * Math.PI * 8;

export default {
  template: `
    <span class="meter-place">
      <button v-if="words" type="button" class="meter" :data-level="level" :aria-label="words">
        <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
          <circle class="meter-track" cx="10" cy="10" r="8"></circle>
          <circle v-if="share >= 0.01" class="meter-part" cx="10" cy="10" r="8" :stroke-dasharray="dash"></circle>
        </svg>
        <span v-if="level !== 'low'" class="meter-share" aria-hidden="true">{{ shown }}</span>
        <span class="meter-words" aria-hidden="true">{{ words }}</span>
      </button>
      <span class="sr-only" role="status">{{ level === "low" ? "" : words }}</span>
    </span>`,
  props: {
    words: String, // empty: nothing is known, and nothing is shown
    shown: String, // the share in short
    share: Number, // 0 to 1
    level: String, // low, high, over
    moved: Number, // counts what makes another count necessary, apart from typing
  },
  emits: ["typed"],
  computed: {
    dash() {
      return `${AROUND * Math.min(1, this.share)} ${AROUND}`;
    },
  },
  watch: {
    moved() {
      this.later();
    },
  },
  mounted() {
    this.form = this.$el.closest("form");
    this.form.addEventListener("input", this.later);
    this.later();
  },
  unmounted() {
    clearTimeout(this.timer);
    this.form.removeEventListener("input", this.later);
  },
  methods: {
    later() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.$emit("typed", this.form.querySelector("textarea").value), PAUSE_MS);
    },
  },
};
