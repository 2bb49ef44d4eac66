// The field in which a message is written, with what goes along and what waits. The server learns of it only when it is sent.
const MAX_LINES = 8;

export default {
  mixins: [window.attachments.attaching, window.outbox.sending],
  template: `
    <div class="composer-frame" :class="{ dropping }">
      <div v-if="problem" class="composer-problem" role="alert">
        <span>{{ problem }}</span>
        <button type="button" class="chip-button" :aria-label="labels.dismiss" @click="problem = ''"><span
          class="icon icon-close" aria-hidden="true"></span></button>
      </div>
      <ul v-if="queue.length" class="chips queue" :aria-label="labels.queue">
        <li v-for="(item, index) in queue" :key="item.key" class="chip">
          <span class="icon icon-clock" aria-hidden="true"></span>
          <span class="chip-name">{{ item.text || item.files.map((file) => file.name).join(", ") }}</span>
          <button v-if="held && index === 0" type="button" class="chip-button chip-words" @click="release">{{ labels.queue_go }}</button>
          <button type="button" class="chip-button" :aria-label="labels.queue_edit" :title="labels.queue_edit"
            :disabled="isUnderWay(item)" @click="editQueued(index)"><span class="icon icon-pen" aria-hidden="true"></span></button>
          <button type="button" class="chip-button" :aria-label="labels.queue_remove" :title="labels.queue_remove"
            :disabled="isUnderWay(item)" @click="removeQueued(index)"><span class="icon icon-close" aria-hidden="true"></span></button>
        </li>
      </ul>
      <form class="composer" @submit.prevent="send" @click.self="$refs.field.focus()">
        <Chips :files="files" :labels="labels" @remove="removeFile" @expand="expandFile"></Chips>
        <div class="composer-more" @keydown.esc.stop="closeMenu">
          <button ref="more" type="button" class="composer-button plus" :aria-label="labels.more" :title="labels.more"
            :aria-expanded="String(open)" @click="open = !open"><span class="icon icon-plus" aria-hidden="true"></span></button>
          <div v-if="open" class="composer-menu">
            <button type="button" class="menu-item" @click="pick"><span class="icon icon-file" aria-hidden="true"></span>
              <span>{{ labels.attach }}</span></button>
            <button type="button" class="menu-item" role="switch" :aria-checked="String(newline)" @click="toggleEnter">
              <span class="icon icon-enter" aria-hidden="true"></span><span>{{ labels.ctrl_enter }}</span>
              <span class="switch" aria-hidden="true"></span></button>
          </div>
        </div>
        <textarea ref="field" rows="1" name="message" :enterkeyhint="newline ? 'enter' : 'send'" autocomplete="off"
          :aria-label="labels.message" :placeholder="labels.placeholder" :value="text"
          @input="write($event.target.value, files)" @keydown="onKey" @paste="onPaste"></textarea>
        <slot></slot>
        <button v-if="running && ready" type="submit" class="composer-button send" :aria-label="labels.queue_add"
          :title="labels.queue_add"><span class="icon icon-send" aria-hidden="true"></span></button>
        <button v-if="running" type="button" class="composer-button stop" :aria-label="labels.stop"
          :title="labels.stop" :disabled="stopping" @click="stop"><span class="icon icon-stop" aria-hidden="true"></span></button>
        <button v-else type="submit" class="composer-button send" :aria-label="labels.send"
          :title="labels.send" :disabled="!ready"><span class="icon icon-send" aria-hidden="true"></span></button>
      </form>
      <input ref="picker" type="file" multiple hidden @change="onPick">
    </div>`,
  props: {
    labels: Object,
    owner: String, // whose drafts these are
    conversation: String, // "" for a new one
    running: Boolean, // an answer is being written here; null: not known yet
    accepted: Array, // the key of the message that the server has taken last, and how many it has taken
    settled: Number, // counts those whose answer `running` has told of
    refused: Number, // counts those that it has not taken
    expired: Boolean, // … because one has to sign in again
  },
  emits: ["send", "stop"],
  data: () => ({
    text: "",
    dropping: false,
    open: false,
    newline: localStorage.getItem("enter") === "newline",
  }),
  computed: {
    ready() {
      return this.sent === null && (this.text.trim() !== "" || this.files.length > 0);
    },
  },
  watch: {
    conversation(_, before) {
      // Both may come in one update, and Vue then tells of the conversation first.
      this.taken(this.accepted[0]);
      const moved = this.moving && before === "";
      this.moving = false;
      if (!moved) return this.restore();
      this.forgetDraft("");
      this.write(this.text, [...this.files]);
    },
    text() {
      this.$nextTick(this.resize);
    },
  },
  mounted() {
    this.restore();
    this.resize();
    window.addEventListener("resize", this.resize);
    document.addEventListener("pointerdown", this.onPointer);
    this.endDrops = window.attachments.watchDrops((over) => (this.dropping = over), this.addFiles);
  },
  unmounted() {
    window.removeEventListener("resize", this.resize);
    document.removeEventListener("pointerdown", this.onPointer);
    this.endDrops();
  },
  methods: {
    restore() {
      Object.assign(this, window.outbox.load(this.owner, this.conversation), { held: false, problem: "" });
      this.restored = this.sent !== null;
      this.focus();
      this.$nextTick(this.resume);
    },
    write(text, files) {
      const { owner, conversation } = this;
      if (files !== this.files) window.outbox.keepFiles(owner, conversation, files);
      window.outbox.keepText(owner, conversation, text);
      Object.assign(this, { text, files });
    },
    focus() {
      // On a phone focus would open the keyboard over what one came to read.
      if (matchMedia("(pointer: fine)").matches) this.$nextTick(() => this.$refs.field.focus());
    },
    onKey(event) {
      if (window.shell.composing(event)) return;
      if (event.key === "ArrowUp" && !this.text && !this.files.length) this.editLast(event);
      if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
      if (this.newline && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.send();
    },
    editLast(event) {
      const opener = [...document.querySelectorAll(".question .edit")].at(-1);
      if (this.queue.length && !this.isUnderWay(this.queue.at(-1))) this.editQueued(this.queue.length - 1);
      else if (opener) opener.click();
      else return;
      event.preventDefault();
    },
    toggleEnter() {
      this.newline = !this.newline;
      localStorage.setItem("enter", this.newline ? "newline" : "send");
    },
    pick() {
      this.$refs.picker.click();
      this.closeMenu();
    },
    closeMenu() {
      if (!this.open) return;
      this.open = false;
      this.$refs.more.focus();
    },
    onPointer(event) {
      if (!event.target.closest?.(".composer-more")) this.open = false;
    },
    resize() {
      const field = this.$refs.field;
      if (!field) return;
      const style = getComputedStyle(field);
      const padding = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
      field.style.height = "auto";
      field.style.height = `${Math.min(field.scrollHeight, MAX_LINES * parseFloat(style.lineHeight) + padding)}px`;
    },
  },
};
