// Keyboard shortcuts and their overview. Never what is typed into a field, and nothing while an input method composes.
const MAC = /Mac|iPhone|iPad/.test(navigator.platform);
const press = (selector) => document.querySelector(selector)?.click();
const last = (selector) => [...document.querySelectorAll(selector)].at(-1);
// `code` is a place on the keyboard: with a Korean layout the same key has another letter.
const KEYS = [
  { name: "new_chat", mod: true, shift: true, code: "KeyO", sign: "O", act: () => press(".new-chat") },
  { name: "shortcut_search", mod: true, code: "KeyK", sign: "K", act: () => search() },
  { name: "shortcut_sidebar", mod: true, shift: true, code: "KeyS", sign: "S", act: () => window.shell.toggleSidebar() },
  { name: "shortcut_composer", shift: true, code: "Escape", sign: "Esc", act: () => field()?.focus() },
  { name: "shortcut_stop", mod: true, code: "Period", sign: ".", act: () => press(".composer-button.stop") },
  { name: "shortcut_copy", mod: true, shift: true, code: "KeyC", sign: "C", act: () => last(".answer [data-copy]")?.click() },
  { name: "chat_settings", mod: true, shift: true, code: "Comma", sign: ",", act: () => window.dispatchEvent(new Event("chat-settings")) },
  { name: "settings", mod: true, code: "Comma", sign: ",", act: () => location.assign("/settings") },
  { name: "shortcuts", mod: true, code: "Slash", sign: "/", act: null },
];

function field() {
  return document.querySelector("textarea[name=message]");
}

function search() {
  window.shell.openSidebar();
  document.querySelector(".sidebar input[type=search]")?.select();
}

function signs({ mod, shift, sign }) {
  const names = MAC ? { mod: "⌘", shift: "⇧" } : { mod: "Ctrl", shift: "Shift" };
  return [mod && names.mod, shift && names.shift, sign].filter(Boolean);
}

export default {
  template: `
    <dialog ref="dialog" class="overview" :aria-label="labels.shortcuts" @click="onClick" @keydown.esc.stop>
      <div class="overview-inner">
        <header class="panel-head">
          <h2>{{ labels.shortcuts }}</h2>
          <button type="button" class="icon-button" :aria-label="labels.close" :title="labels.close"
            @click="$refs.dialog.close()"><span class="icon icon-close" aria-hidden="true"></span></button>
        </header>
        <dl>
          <div v-for="one in rows" :key="one.name">
            <dt>{{ labels[one.name] }}</dt>
            <dd><kbd v-for="sign in one.signs" :key="sign">{{ sign }}</kbd></dd>
          </div>
        </dl>
      </div>
    </dialog>`,
  props: {
    labels: Object,
  },
  computed: {
    rows() {
      const typing = [
        { name: "shortcut_send", signs: ["Enter"] },
        { name: "shortcut_line", signs: ["Shift", "Enter"] },
        { name: "shortcut_prompts", signs: ["/"] },
      ];
      return [...KEYS.map((one) => ({ name: one.name, signs: signs(one) })), ...typing];
    },
  },
  mounted() {
    document.addEventListener("keydown", this.onKey);
    window.addEventListener("shortcuts", this.show);
  },
  unmounted() {
    document.removeEventListener("keydown", this.onKey);
    window.removeEventListener("shortcuts", this.show);
  },
  methods: {
    show() {
      if (!this.$refs.dialog.open) this.$refs.dialog.showModal();
    },
    onKey(event) {
      if (event.isComposing || event.keyCode === 229 || event.defaultPrevented || event.altKey || event.repeat) return;
      const mod = MAC ? event.metaKey : event.ctrlKey;
      if ((MAC ? event.ctrlKey : event.metaKey) || document.querySelector(".q-dialog, dialog:modal")) return;
      const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
      const same = (one) => one.code === event.code && !!one.mod === mod && !!one.shift === event.shiftKey;
      const found = event.key === "?" && !mod && !typing ? { act: null } : KEYS.find(same);
      if (!found) return;
      event.preventDefault();
      if (found.act) found.act();
      else this.show();
    },
    onClick(event) {
      if (event.target === this.$refs.dialog) this.$refs.dialog.close();
    },
  },
};
