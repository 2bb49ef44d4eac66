// A message. It is drawn anew when something in it changes, and not whenever anything on the page does: NiceGUI's page is one
// function that draws all elements, and what stands in a component of ours is left out of it.
const Inside = {
  props: ["element"],
  inject: ["draw"],
  render() {
    return this.draw();
  },
};

export default {
  components: { Inside },
  template: `<article><Inside :element="own()"></Inside></article>`,
  provide() {
    return { draw: () => this.$slots.default() };
  },
  methods: {
    // What NiceGUI knows of this element itself, another object after each change: its children may be others then.
    own() {
      return mounted_app.elements[this.$attrs.id.slice(1)];
    },
  },
};
