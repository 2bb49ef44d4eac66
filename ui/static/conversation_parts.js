// The parts that the list of conversations is made of.
(() => {
  const HOLD_MS = 500;
  const PAUSE_MS = 200;

  const Marked = {
    template: `<template v-for="(part, index) in parts" :key="index"><mark v-if="index % 2">{{ part }}</mark><template
      v-else>{{ part }}</template></template>`,
    props: { text: String, q: String },
    computed: {
      parts() {
        return window.conversationRows.marked(this.text, this.q);
      },
    },
  };

  const SearchField = {
    template: `
      <label class="search">
        <span class="icon icon-search" aria-hidden="true"></span>
        <input ref="field" type="search" name="q" autocomplete="off" maxlength="200" :aria-label="label"
          :placeholder="label" @input="onInput">
      </label>`,
    props: { label: String },
    emits: ["query"],
    unmounted() {
      clearTimeout(this.pause);
    },
    methods: {
      // Also what is being composed: a Korean syllable is finished only by the one after it.
      onInput() {
        clearTimeout(this.pause);
        this.pause = setTimeout(this.tell, this.$refs.field.value ? PAUSE_MS : 0);
      },
      tell() {
        this.$emit("query", this.$refs.field.value.trim());
      },
      clear() {
        clearTimeout(this.pause);
        this.$refs.field.value = "";
        this.tell();
        this.focus();
      },
      focus() {
        this.$refs.field.focus();
      },
    },
  };

  // One conversation: a link, its menu on hover, focus or a long touch; in choosing a box before it.
  const ListRow = {
    components: { Marked },
    template: `
      <li class="conversation" :class="{ found: q, chosen }" :data-row="row.id" @touchstart.passive="hold" @touchmove.passive="release"
        @touchend="release" @touchcancel="release" @contextmenu="onContext">
        <input v-if="choosing" type="checkbox" :checked="chosen" :aria-label="title"
          @click.stop="$emit('choose', $event.shiftKey)">
        <div class="conversation-text">
          <a class="conversation-link" :href="'/c/' + row.id" :title="row.title" :aria-describedby="described"
            :aria-current="active ? 'page' : null" @click="onClick"><Marked :text="title" :q="q" /></a>
          <span v-if="described" :id="described" class="snippet"><Marked :text="row.snippet" :q="q" /></span>
        </div>
        <span v-if="mark" class="icon" :class="'icon-' + mark" aria-hidden="true"></span>
        <button v-if="!choosing" type="button" class="conversation-options" aria-haspopup="menu"
          :aria-label="labels.options + ': ' + title" :title="labels.options"
          @click="$emit('menu', $event.currentTarget)"><span class="icon icon-more" aria-hidden="true"></span></button>
      </li>`,
    props: {
      row: Object,
      labels: Object,
      q: String,
      active: Boolean,
      choosing: Boolean,
      chosen: Boolean,
    },
    emits: ["visit", "menu", "choose"],
    computed: {
      title() {
        return this.row.title || this.labels.untitled;
      },
      // A question that is the title itself needs not be read twice.
      described() {
        return this.row.snippet && this.row.snippet !== this.row.title ? `snippet-${this.row.id}` : null;
      },
      mark() {
        return this.row.archived && this.q ? "archive" : this.row.pinned ? "pin" : "";
      },
    },
    methods: {
      onClick(event) {
        if (this.held || this.choosing) {
          event.preventDefault();
          if (!this.held) this.$emit("choose", event.shiftKey);
          this.held = false;
        } else if (window.shell.takes(event)) this.$emit("visit");
      },
      hold() {
        this.release();
        this.timer = setTimeout(() => {
          this.held = true;
          this.$emit("menu", this.$el);
        }, HOLD_MS);
      },
      release() {
        clearTimeout(this.timer);
      },
      // A long touch is ours; with a mouse the browser's own menu for links stays.
      onContext(event) {
        if (event.pointerType === "touch" || this.held) event.preventDefault();
      },
    },
  };

  const FolderHead = {
    template: `
      <div class="folder">
        <button type="button" class="folder-name" :aria-expanded="String(open)" @click="$emit('toggle')"><span
          class="icon icon-right" aria-hidden="true"></span><span class="label">{{ folder.name }}</span></button>
        <button type="button" class="conversation-options" aria-haspopup="menu"
          :aria-label="labels.options + ': ' + folder.name" :title="labels.options"
          @click="$emit('menu', $event.currentTarget)"><span class="icon icon-more" aria-hidden="true"></span></button>
      </div>`,
    props: { folder: Object, open: Boolean, labels: Object },
    emits: ["toggle", "menu"],
  };

  // What is done to all that are chosen.
  const BulkBar = {
    template: `
      <div class="bulk" role="toolbar" :aria-label="labels.choose">
        <span class="bulk-count" role="status">{{ labels.chosen.replace("{count}", count) }}</span>
        <button type="button" class="button small quiet" @click="$emit('all')">{{ labels.choose_all }}</button>
        <button v-for="item in items" :key="item.key" type="button" class="icon-button" :disabled="!count"
          :class="{ danger: item.danger }" :aria-label="item.words" :title="item.words"
          @click="$emit('pick', item.key)"><span class="icon" :class="'icon-' + item.icon" aria-hidden="true"></span>
        </button>
      </div>`,
    props: { labels: Object, items: Array, count: Number },
    emits: ["all", "pick"],
  };

  // A menu at whatever element `open` is given.
  const PopupMenu = {
    template: `
      <q-menu v-model="shown" :target="target" no-parent-event auto-close class="menu" anchor="bottom right"
        self="top right" @keydown="onKey" @hide="mark(false)">
        <button v-for="(item, index) in items" :key="item.key" type="button" class="menu-item" role="menuitem"
          :class="{ danger: item.danger }" tabindex="0" :data-autofocus="index ? null : ''"
          @click="$emit('pick', item.key, of)"><span class="icon" :class="'icon-' + item.icon"
          aria-hidden="true"></span><span class="label">{{ item.words }}</span></button>
      </q-menu>`,
    emits: ["pick"],
    data: () => ({ shown: false, target: false, items: [], of: null, host: null }),
    methods: {
      open(target, items, of) {
        Object.assign(this, { target, items, of, host: target.closest("li, .folder") });
        this.mark(true);
        this.$nextTick(() => (this.shown = true));
      },
      // Its button stays to be seen, and takes the keyboard back.
      mark(open) {
        this.host.toggleAttribute("data-menu", open);
      },
      onKey(event) {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const buttons = [...event.currentTarget.querySelectorAll(".menu-item")];
        const next = buttons.indexOf(document.activeElement) + step;
        buttons.at(next % buttons.length)?.focus();
      },
    },
  };

  window.conversationParts = { SearchField, ListRow, FolderHead, BulkBar, PopupMenu };
})();
