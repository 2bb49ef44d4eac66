// When something frees, counted down: seconds, or the time of day when it is longer.
const SOON = 90;

export default {
  template: `
    <span class="countdown">
      <span aria-hidden="true">{{ words }}</span>
      <span class="sr-only" role="status">{{ said }}</span>
    </span>`,
  props: {
    labels: Object, // retry_after, retry_at, retry_now
    seconds: Number, // 0: nothing to wait for
    shown: Number, // counts what was shown, so that the same seconds count anew
  },
  data: () => ({ left: 0, said: "" }),
  computed: {
    words() {
      if (!this.seconds) return "";
      if (this.left <= 0) return this.labels.retry_now;
      if (this.left > SOON) return this.labels.retry_at.replace("{time}", this.time());
      return this.labels.retry_after.replace("{seconds}", this.left);
    },
  },
  watch: {
    shown: {
      immediate: true,
      handler() {
        clearInterval(this.timer);
        if (!this.seconds) return;
        this.until = Date.now() + this.seconds * 1000;
        this.timer = setInterval(this.tick, 1000);
        this.tick();
        // Read out when it begins and when it ends, not every second.
        this.said = this.words;
      },
    },
  },
  unmounted() {
    clearInterval(this.timer);
  },
  methods: {
    tick() {
      this.left = Math.ceil((this.until - Date.now()) / 1000);
      if (this.left > 0) return;
      clearInterval(this.timer);
      this.said = this.words;
    },
    time() {
      const at = new Date(this.until);
      const today = at.toDateString() === new Date().toDateString();
      const day = today ? {} : { month: "short", day: "numeric" };
      return at.toLocaleString(document.documentElement.lang, { ...day, hour: "numeric", minute: "2-digit" });
    },
  },
};
