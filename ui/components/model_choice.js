// Which model answers: the browser's own list, which keyboards, screen readers and phones know.
export default {
  template: `
    <select class="engine-choice" :aria-label="label" :value="chosen" @change="choose">
      <option v-for="model in models" :key="model.key" :value="model.key">{{ model.words }}</option>
    </select>`,
  props: {
    label: String,
    models: Array, // {key, words}
    chosen: String, // a key
    refused: Number, // counts the choices that the server has not taken: what it holds is shown again
  },
  emits: ["choose"],
  methods: {
    choose(event) {
      this.$emit("choose", event.target.value);
    },
  },
};
