// The prompt library above the message field: opened by “/” at its beginning or by a button, filtered as one types.
const SLASH = /^\/([^\n/]{0,60})$/;
const BLANK = /\{\{\s*([^{}\n]{1,60}?)\s*\}\}/g;
const FIELD = "textarea[name=message]";

export default {
  template: `
    <div class="chooser-place" @keydown.esc.stop="close">
      <div v-if="mode" class="chooser" role="dialog" :aria-label="labels.prompts">
        <form v-if="mode === 'blanks'" class="chooser-form" @submit.prevent="fillIn">
          <h2>{{ title }}</h2>
          <label v-for="(name, index) in blanks" :key="name" class="panel-field">
            <span class="panel-label">{{ name }}</span>
            <textarea rows="1" :ref="index ? undefined : 'first'" v-model="values[name]"
              @keydown.enter.exact="onEnter"></textarea>
          </label>
          <div class="dialog-buttons">
            <button type="button" class="button small" @click="close">{{ labels.cancel }}</button>
            <button type="submit" class="button small primary">{{ labels.prompt_insert }}</button>
          </div>
        </form>
        <template v-else>
          <input v-if="mode === 'button'" ref="filter" type="search" class="input" autocomplete="off" v-model="filter"
            :aria-label="labels.prompt_filter" :placeholder="labels.prompt_filter" @keydown="onKey">
          <ul v-if="found.length" ref="list" class="chooser-list" role="listbox" :aria-label="labels.prompts">
            <li v-for="(one, index) in found" :key="one.id" :id="'prompt-' + one.id" role="option"
              :aria-selected="String(index === at)" @mousedown.prevent @click="choose(one)" @mousemove="at = index">
              <strong>{{ one.title }}</strong><span>{{ one.line }}</span></li>
          </ul>
          <p v-else class="chooser-none">{{ items.length ? labels.prompt_none_found : labels.prompts_empty }}</p>
          <p class="chooser-foot"><a href="/settings#prompts">{{ labels.prompts_manage }}</a></p>
        </template>
      </div>
      <div class="sr-only" aria-live="polite">{{ said }}</div>
    </div>`,
  props: {
    labels: Object,
    items: Array, // {id, title, line}
  },
  emits: ["shown", "choose"],
  data: () => ({ mode: "", filter: "", at: 0, title: "", text: "", blanks: [], values: {} }),
  computed: {
    found() {
      const wanted = this.filter.trim().toLocaleLowerCase();
      return this.items.filter(({ title, line }) => `${title}\n${line}`.toLocaleLowerCase().includes(wanted));
    },
    said() {
      const one = this.mode && this.mode !== "blanks" ? this.found[this.at] : null;
      return one ? one.title : "";
    },
  },
  watch: {
    filter() {
      this.at = 0;
    },
  },
  mounted() {
    this.dock = this.$el.parentElement;
    // Before the field itself sees them: while a prompt is being chosen Enter does not send.
    this.dock.addEventListener("input", this.onInput, true);
    this.dock.addEventListener("keydown", this.onFieldKey, true);
    document.addEventListener("pointerdown", this.onOutside);
  },
  unmounted() {
    this.dock.removeEventListener("input", this.onInput, true);
    this.dock.removeEventListener("keydown", this.onFieldKey, true);
    document.removeEventListener("pointerdown", this.onOutside);
  },
  methods: {
    field() {
      return this.dock.querySelector(FIELD);
    },
    show(mode, filter = "") {
      if (!this.mode) this.$emit("shown");
      Object.assign(this, { mode, filter, at: 0 });
    },
    openList() {
      if (this.mode) return this.close();
      this.show("button");
      this.$nextTick(() => this.$refs.filter.focus());
    },
    close() {
      if (!this.mode) return;
      const back = this.mode !== "slash";
      this.mode = "";
      if (back) this.field().focus();
    },
    onOutside(event) {
      if (this.mode && !this.$el.contains(event.target) && !event.target.closest("[data-prompts]")) this.mode = "";
    },
    onInput(event) {
      if (!event.target.matches(FIELD) || this.mode === "blanks") return;
      const filter = SLASH.exec(event.target.value)?.[1];
      if (filter === undefined) this.mode = "";
      else this.show("slash", filter);
    },
    onFieldKey(event) {
      if (this.mode === "slash" && event.target.matches(FIELD)) this.onKey(event);
    },
    onKey(event) {
      // While an input method composes, its keys belong to it; Safari tells that only by the code 229.
      if (event.isComposing || event.keyCode === 229) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const one = this.found[this.at];
      if (step && this.found.length) {
        this.at = (this.at + step + this.found.length) % this.found.length;
        this.$nextTick(() => this.$refs.list?.children[this.at]?.scrollIntoView({ block: "nearest" }));
      } else if (event.key === "Escape") this.close();
      else if (one && (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey))) this.choose(one);
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    choose({ id, title }) {
      this.title = title;
      this.whole = this.mode === "slash";
      this.$emit("choose", id);
    },
    // The server sends the text of what was chosen.
    fill(text) {
      this.text = text;
      this.blanks = [...new Set([...text.matchAll(BLANK)].map(([, name]) => name))];
      if (!this.blanks.length) return this.insert(text);
      this.values = Object.fromEntries(this.blanks.map((name) => [name, ""]));
      this.mode = "blanks";
      this.$nextTick(() => this.$refs.first[0].focus());
    },
    onEnter(event) {
      if (event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.fillIn();
    },
    fillIn() {
      this.insert(this.text.replace(BLANK, (_, name) => this.values[name]));
    },
    insert(text) {
      const field = this.field();
      this.mode = "";
      field.focus();
      if (this.whole) field.select();
      field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    },
  },
};
