// The presets: one chosen for this conversation, the present settings kept as one, the one that new chats begin with.
export default {
  template: `
    <div class="presets">
      <div class="panel-field">
        <label class="panel-label" for="preset">{{ labels.preset }}</label>
        <select id="preset" class="input" @change="choose">
          <option value="" disabled :selected="!current">{{ items.length ? labels.preset_none : labels.presets_empty }}</option>
          <option v-for="one in items" :key="one.id" :value="one.id" :selected="one.id === chosen">
            {{ one.is_default ? one.name + ' · ' + labels.preset_is_default : one.name }}</option>
        </select>
      </div>
      <form v-if="naming" class="panel-row" @submit.prevent="keep">
        <input ref="name" class="input" name="preset" maxlength="100" required autocomplete="off" v-model="name"
          :aria-label="labels.preset_name" :placeholder="labels.preset_name" @keydown.esc.stop.prevent="naming = false">
        <button type="submit" class="button small primary" :disabled="!name.trim()">
          {{ same ? labels.preset_replace : labels.save }}</button>
        <button type="button" class="icon-button" :aria-label="labels.cancel" :title="labels.cancel" @click="naming = false">
          <span class="icon icon-close" aria-hidden="true"></span></button>
      </form>
      <div v-else class="panel-row">
        <button ref="opener" type="button" class="button small" @click="begin">{{ labels.preset_save }}</button>
        <template v-if="current">
          <button type="button" class="button small" :aria-pressed="String(current.is_default)" @click="makeDefault">
            {{ current.is_default ? labels.preset_not_default : labels.preset_make_default }}</button>
          <button type="button" class="button small" :class="sure && 'danger'" @click="remove" @blur="sure = false">
            {{ sure ? labels.preset_delete_sure : labels.delete }}</button>
        </template>
      </div>
      <small role="status" :class="said.wrong && 'problem'">{{ said.words }}</small>
    </div>`,
  props: {
    labels: Object,
    items: Array, // {id, name, is_default}
    chosen: String, // the id of the one that this conversation is like; "" for none
    said: Object, // {words, wrong}: what became of the last wish
  },
  emits: ["choose", "keep", "mark", "remove"],
  data: () => ({ naming: false, name: "", sure: false }),
  computed: {
    current() {
      return this.items.find((one) => one.id === this.chosen);
    },
    same() {
      return this.items.find((one) => one.name.toLowerCase() === this.name.trim().toLowerCase());
    },
  },
  watch: {
    chosen() {
      this.sure = false;
      if (this.current) this.name = this.current.name;
    },
  },
  methods: {
    choose(event) {
      const wanted = event.target.value;
      // As before, until the server has taken it.
      event.target.value = this.chosen;
      this.$emit("choose", wanted);
    },
    begin() {
      this.naming = true;
      this.$nextTick(() => this.$refs.name.select());
    },
    keep() {
      this.naming = false;
      this.$emit("keep", { id: this.same?.id ?? null, name: this.name.trim() });
      this.$nextTick(() => this.$refs.opener.focus());
    },
    makeDefault() {
      this.$emit("mark", { id: this.chosen, is_default: !this.current.is_default });
    },
    remove() {
      if (this.sure) this.$emit("remove", this.chosen);
      this.sure = !this.sure;
    },
  },
};
