// How the model answers in this conversation: its system prompt and parameters. Beside the messages where there is room
// for both, else over them. What is changed is saved by itself.
const WIDE = "(min-width: 1180px)";
const PAUSE_MS = 600;
const MAX_STOPS = 8;
const MAX_STOP_CHARS = 200;

export default {
  template: `
    <dialog ref="dialog" class="panel" :aria-label="labels.chat_settings" @cancel="$emit('shown', false)"
      @close="flush" @click="onClick" @keydown.esc.stop="close">
      <div class="panel-inner">
        <header class="panel-head">
          <h2>{{ labels.chat_settings }}</h2>
          <button type="button" class="icon-button" :aria-label="labels.close" :title="labels.close" @click="close">
            <span class="icon icon-close" aria-hidden="true"></span></button>
        </header>
        <p class="panel-note">{{ subject ? labels.settings_for_this : labels.settings_for_new }}</p>
        <slot></slot>
        <form class="panel-form" @submit.prevent="flush" @focusout="flush">
          <div class="panel-field">
            <div class="panel-label"><label for="system-prompt">{{ labels.system_prompt }}</label><small>{{ cost }}</small></div>
            <textarea id="system-prompt" rows="5" name="system_prompt" v-model="form.system_prompt" :placeholder="usual || labels.system_prompt_none"
              :aria-invalid="!!problems.system_prompt" aria-describedby="about-system_prompt" @input="changed"></textarea>
            <small v-if="problems.system_prompt" class="problem" role="alert">{{ problems.system_prompt }}</small>
            <small id="about-system_prompt">{{ labels.about_system_prompt }} {{ usual && labels.about_usual_prompt }}</small>
          </div>
          <button v-if="form.system_prompt !== ''" type="button" class="button small" @click="reset(['system_prompt'])">
            {{ labels.system_prompt_reset }}</button>
          <fieldset class="panel-params">
            <legend>{{ labels.parameters }}</legend>
            <div v-for="one in numbers" :key="one.name" class="panel-field">
              <div class="panel-label">
                <label :for="'param-' + one.name">{{ labels[one.name] }}</label>
                <button v-if="form[one.name] !== ''" type="button" class="panel-reset"
                  :aria-label="labels.reset + ': ' + labels[one.name]" @click="reset([one.name])">{{ labels.reset }}</button>
              </div>
              <div class="panel-row">
                <input v-if="one.slider" type="range" :min="one.min" :max="one.max" :step="one.step"
                  :value="form[one.name] === '' ? one.usual : form[one.name]" :data-unset="form[one.name] === ''"
                  :aria-label="labels[one.name]" :aria-valuetext="form[one.name] || labels.by_default"
                  @input="slide(one.name, $event)">
                <input type="text" :id="'param-' + one.name" :name="one.name" inputmode="decimal" autocomplete="off"
                  v-model.trim="form[one.name]" :placeholder="labels.by_default" :aria-invalid="!!problems[one.name]"
                  :aria-describedby="'about-' + one.name" @input="changed">
              </div>
              <small v-if="problems[one.name]" class="problem" role="alert">{{ problems[one.name] }}</small>
              <small :id="'about-' + one.name">{{ labels['about_' + one.name] }}</small>
            </div>
            <div class="panel-field">
              <label class="panel-label" for="stop-texts">{{ labels.stop_words }}</label>
              <textarea id="stop-texts" rows="2" name="stop" v-model="form.stop" spellcheck="false" :placeholder="labels.stop_none"
                :aria-invalid="!!problems.stop" aria-describedby="about-stop" @input="changed"></textarea>
              <small v-if="problems.stop" class="problem" role="alert">{{ problems.stop }}</small>
              <small id="about-stop">{{ labels.about_stop }}</small>
            </div>
          </fieldset>
        </form>
        <footer class="panel-foot">
          <span role="status">{{ state }}</span>
          <button type="button" class="button small" :disabled="plain" @click="reset()">{{ labels.reset_all }}</button>
        </footer>
      </div>
    </dialog>`,
  props: {
    labels: Object,
    subject: String, // the id of the conversation; "" for those that are begun here
    values: Object, // {system_prompt, params} as the server holds them
    usual: String, // the system prompt of the service, which counts while the field is empty; "" for none
    bounds: Object, // name: [least, most]; those of `system_prompt` and `stop` are characters
    cost: String, // what the system prompt costs, in words
    given: Number, // counts what the server gave to be shown
    saved: Number, // the number of the newest change that the server has taken
    refused: Object, // {number, name, words} of the newest that it has not
  },
  emits: ["save", "count", "shown"],
  data() {
    return { form: this.read(this.values), number: 0, dirty: false };
  },
  computed: {
    numbers() {
      const of = (name, more) => ({ name, min: this.bounds[name][0], max: this.bounds[name][1], ...more });
      return [
        of("temperature", { slider: true, step: 0.05, usual: 1 }),
        of("top_p", { slider: true, step: 0.01, usual: 1 }),
        of("max_tokens", { whole: true }),
        of("min_tokens", { whole: true }),
        of("seed", { whole: true }),
      ];
    },
    problems() {
      const found = {};
      for (const { name, min, max, whole } of this.numbers) {
        const text = this.form[name];
        const value = Number(text);
        const key = whole ? "must_be_whole" : "must_be_number";
        const fits = Number.isFinite(value) && (!whole || Number.isSafeInteger(value)) && value >= min && value <= max;
        if (text !== "" && !fits) found[name] = this.say(key, min, max);
      }
      const { system_prompt: text } = this.form;
      if (text.length > this.bounds.system_prompt[1]) found.system_prompt = this.say("must_be_shorter", 0, this.bounds.system_prompt[1]);
      const stops = this.stops();
      if (stops.length > MAX_STOPS || stops.some((stop) => stop.length > MAX_STOP_CHARS)) found.stop = this.labels.stop_wrong;
      const { number, name, words } = this.refused;
      if (name && number === this.number) found[name] ??= words;
      return found;
    },
    plain() {
      return Object.values(this.form).every((text) => text === "");
    },
    state() {
      if (Object.keys(this.problems).length) return this.labels.not_saved;
      if (this.refused.number === this.number && this.number) return this.refused.words;
      if (this.dirty || this.saved < this.number) return this.labels.saving;
      return this.number ? this.labels.saved : "";
    },
  },
  watch: {
    given() {
      // What was changed here meanwhile belongs to the conversation that was open then.
      this.flush();
      Object.assign(this, { form: this.read(this.values), dirty: false, number: 0 });
    },
    "form.system_prompt"(text) {
      this.$emit("count", text);
    },
  },
  created() {
    this.wide = matchMedia(WIDE);
  },
  mounted() {
    window.addEventListener("chat-settings", this.toggle);
    this.wide.addEventListener("change", this.refit);
  },
  unmounted() {
    window.removeEventListener("chat-settings", this.toggle);
    this.wide.removeEventListener("change", this.refit);
  },
  methods: {
    read({ system_prompt, params }) {
      const text = (name) => (params[name] ?? "").toString();
      const stop = (params.stop ?? []).join("\n");
      const [temperature, top_p, max_tokens, min_tokens, seed] =
        ["temperature", "top_p", "max_tokens", "min_tokens", "seed"].map(text);
      return { system_prompt: system_prompt ?? "", temperature, top_p, max_tokens, min_tokens, seed, stop };
    },
    write() {
      const params = {};
      for (const { name } of this.numbers) if (this.form[name] !== "") params[name] = Number(this.form[name]);
      if (this.stops().length) params.stop = this.stops();
      return { system_prompt: this.form.system_prompt.trim() ? this.form.system_prompt : null, params };
    },
    stops() {
      return this.form.stop.split("\n").filter((line) => line !== "");
    },
    say(key, min, max) {
      const local = (value) => value.toLocaleString(document.documentElement.lang);
      return this.labels[key].replace("{min}", local(min)).replace("{max}", local(max));
    },
    slide(name, event) {
      this.form[name] = event.target.value;
      this.changed();
    },
    reset(names = Object.keys(this.form)) {
      for (const name of names) this.form[name] = "";
      this.changed();
    },
    changed() {
      Object.assign(this, { dirty: true, number: this.number + 1, owner: this.subject });
      clearTimeout(this.timer);
      this.timer = setTimeout(this.flush, PAUSE_MS);
    },
    flush() {
      clearTimeout(this.timer);
      if (!this.dirty || Object.keys(this.problems).length) return;
      this.dirty = false;
      this.$emit("save", { subject: this.owner, number: this.number, ...this.write() });
    },
    toggle() {
      if (this.$refs.dialog.open) this.close();
      else this.open();
    },
    open() {
      this.$emit("shown", true);
      if (this.wide.matches) this.$refs.dialog.show();
      else this.$refs.dialog.showModal();
    },
    close() {
      this.$emit("shown", false);
      this.$refs.dialog.close();
    },
    refit() {
      if (!this.$refs.dialog.open) return;
      this.$refs.dialog.close();
      this.open();
    },
    onClick(event) {
      // The dialog itself is hit only where it is not covered: beside its content.
      if (event.target === this.$refs.dialog && !this.wide.matches) this.close();
    },
  },
};
