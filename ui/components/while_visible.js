// Says from time to time that somebody can see the page, and at once when they see it again.
export default {
  template: `<span hidden></span>`,
  props: {
    seconds: Number, // between two ticks
  },
  emits: ["tick"],
  mounted() {
    this.timer = setInterval(this.look, this.seconds * 1000);
    document.addEventListener("visibilitychange", this.look);
  },
  unmounted() {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.look);
  },
  methods: {
    look() {
      if (document.visibilityState === "visible") this.$emit("tick");
    },
  },
};
