// What has been written and not been taken yet, kept in this browser for each conversation: the draft with its
// attachments, the message under way, and those that wait until the answer before them has ended.
(() => {
  // The server forgets an idempotency key a day after; long before that a message is no longer sent by itself.
  const FRESH_MS = 12 * 60 * 60 * 1000;

  const address = (kind, owner, conversation) => `${kind}:${owner}:${conversation || "new"}`;

  function keep(key, value) {
    localStorage.removeItem(key);
    if (value === null || value.length === 0) return;
    try {
      localStorage.setItem(key, typeof value === "string" ? value : JSON.stringify(value));
    } catch (error) {
      // Too much for this browser to keep; it can be sent all the same.
      if (error.name !== "QuotaExceededError") throw error;
    }
  }

  const read = (key) => JSON.parse(localStorage.getItem(key) ?? "null");

  const outbox = {
    // With which the server knows a message that comes twice.
    newKey: () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join(""),

    load(owner, conversation) {
      const sent = read(address("sent", owner, conversation));
      return {
        text: localStorage.getItem(address("draft", owner, conversation)) ?? "",
        files: read(address("files", owner, conversation)) ?? [],
        queue: read(address("queue", owner, conversation)) ?? [],
        sent: sent && Date.now() - sent.at < FRESH_MS ? sent : null,
      };
    },
    keepText: (owner, conversation, text) => keep(address("draft", owner, conversation), text),
    keepFiles: (owner, conversation, files) => keep(address("files", owner, conversation), files),
    keepQueue: (owner, conversation, queue) => keep(address("queue", owner, conversation), queue),
    keepSent: (owner, conversation, sent) => keep(address("sent", owner, conversation), sent),
  };

  // What a composer does with it. Needs the props owner, conversation, running, accepted, settled, refused and expired.
  const sending = {
    data: () => ({
      queue: [], // { key, text, files }
      sent: null, // { key, text, files, at, conversation }: under way
      held: false, // after Stop or a refusal nothing is sent by itself
      stopping: false,
    }),
    watch: {
      accepted([key]) {
        this.taken(key);
      },
      // An answer may end before it is shown: then `running` never was true, and what waits would wait for ever.
      settled() {
        this.$nextTick(this.resume);
      },
      refused() {
        this.notTaken();
      },
      running(running) {
        if (this.stopping && this.queue.length) this.held = true;
        this.stopping = false;
        if (running === false) this.$nextTick(this.resume);
      },
    },
    created() {
      this.posted = {}; // under which conversation, by key
    },
    mounted() {
      window.addEventListener("storage", this.onStorage);
    },
    unmounted() {
      window.removeEventListener("storage", this.onStorage);
    },
    methods: {
      send() {
        if (!this.ready) return this.held && this.release();
        const message = { key: outbox.newKey(), text: this.text, files: this.files };
        if (this.running === false) return this.post(message);
        this.queue.push(message);
        this.keepQueue();
        this.write("", []);
      },
      post({ key, text, files }) {
        this.sent = { key, text, files, at: Date.now(), conversation: this.conversation };
        this.posted[key] = this.conversation;
        outbox.keepSent(this.owner, this.conversation, this.sent);
        this.$emit("send", { key, content: window.attachments.compose(text, files) });
      },
      // On with what is left from before: the message that nobody has confirmed, else the first one that waits.
      resume() {
        if (this.running !== false || this.conversation !== (this.sent?.conversation ?? this.conversation)) return;
        if (this.restored) this.post(this.sent);
        else if (this.sent === null && !this.held && this.queue.length) this.post(this.queue[0]);
        this.restored = false;
      },
      taken(key) {
        if (!(key in this.posted)) return; // not ours, or known already
        const conversation = this.posted[key];
        delete this.posted[key];
        outbox.keepSent(this.owner, conversation, null);
        const { queue } = outbox.load(this.owner, conversation);
        const waited = queue[0]?.key === key;
        if (waited) outbox.keepQueue(this.owner, conversation, queue.slice(1));
        else this.forgetDraft(conversation);
        // The reader may be elsewhere by now.
        if (this.sent?.key !== key) return;
        const { text, files } = this.sent;
        this.sent = null;
        if (waited) this.queue.shift();
        if (waited) return;
        this.moving = conversation === "";
        // What was typed after sending stays.
        const same = this.text === text && JSON.stringify(this.files) === JSON.stringify(files);
        this.write(same ? "" : this.text, same ? [] : [...this.files]);
      },
      forgetDraft(conversation) {
        outbox.keepText(this.owner, conversation, "");
        outbox.keepFiles(this.owner, conversation, []);
      },
      notTaken() {
        if (this.sent === null) return;
        const { key, conversation } = this.sent;
        // Who signs in again comes back here, and then it is sent.
        if (!this.expired) outbox.keepSent(this.owner, conversation, null);
        this.sent = null;
        if (this.queue[0]?.key === key) {
          this.held = true;
          // Into the field, if that is free: there one can do something about it.
          if (!this.text && !this.files.length) this.editQueued(0);
        }
        this.focus();
      },
      keepQueue() {
        outbox.keepQueue(this.owner, this.conversation, this.queue);
      },
      isUnderWay(message) {
        return this.sent?.key === message.key;
      },
      release() {
        this.held = false;
        this.resume();
      },
      removeQueued(index) {
        this.queue.splice(index, 1);
        this.keepQueue();
        this.focus();
      },
      // Into the field; what stands there takes its place.
      editQueued(index) {
        const { text, files } = this.queue[index];
        const other = { key: outbox.newKey(), text: this.text, files: this.files };
        this.queue.splice(index, 1, ...(this.text.trim() || this.files.length ? [other] : []));
        this.keepQueue();
        this.write(text, files);
        this.focus();
      },
      // Another tab has changed what waits.
      onStorage() {
        if (this.sent === null) this.queue = outbox.load(this.owner, this.conversation).queue;
      },
      stop() {
        this.stopping = true;
        this.$emit("stop");
      },
    },
  };

  window.outbox = { ...outbox, sending };
})();
