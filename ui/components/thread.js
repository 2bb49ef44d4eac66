// The scrolling column of messages: follows what is written while the reader is at the end, and copies.
const NEAR = 32;
// The code with which a server that stops closes its sockets (RFC 6455, registered as "Service Restart").
const SERVICE_RESTART = 1012;

export default {
  template: `
    <div class="thread-frame">
      <div ref="scroller" class="thread" tabindex="-1" @scroll.passive="onScroll" @wheel.passive="onWheel"
        @pointerdown.passive="onPointer" @touchmove.passive="release" @click="onClick">
        <div ref="inner" class="thread-inner"><slot></slot></div>
      </div>
      <button v-if="away" type="button" class="newest" :aria-label="labels.newest" :title="labels.newest"
        @click="follow"><span class="icon icon-down" aria-hidden="true"></span></button>
      <div class="sr-only" aria-live="polite">{{ said }}</div>
    </div>`,
  props: {
    labels: Object, // newest, copied, diagram_alt, diagram_failed
    path: String, // the address of what is shown
    caption: String, // the title of the window
  },
  data: () => ({ following: true, away: false, said: "" }),
  watch: {
    path(path) {
      window.speech.stop();
      if (path && location.pathname !== path) history.pushState(null, "", path);
    },
    caption: {
      immediate: true,
      handler(caption) {
        document.title = caption;
      },
    },
  },
  mounted() {
    this.top = this.height = 0;
    this.sizes = new ResizeObserver(() => (this.following ? this.toEnd() : this.look()));
    this.sizes.observe(this.$refs.inner);
    this.sizes.observe(this.$refs.scroller);
    this.blocks = new MutationObserver(this.onBlocks);
    this.blocks.observe(this.$refs.inner, { childList: true, subtree: true });
    document.addEventListener("keydown", this.onKey);
    this.$nextTick(() => window.socket.on("disconnect", this.onDisconnect));
  },
  unmounted() {
    this.sizes.disconnect();
    this.blocks.disconnect();
    document.removeEventListener("keydown", this.onKey);
  },
  methods: {
    distance() {
      const { scrollHeight, scrollTop, clientHeight } = this.$refs.scroller;
      return scrollHeight - scrollTop - clientHeight;
    },
    look() {
      this.height = this.$refs.scroller.scrollHeight;
      this.away = !this.following && this.distance() > NEAR;
    },
    toEnd() {
      const scroller = this.$refs.scroller;
      scroller.scrollTop = scroller.scrollHeight;
      this.top = scroller.scrollTop;
      this.height = scroller.scrollHeight;
      this.away = false;
    },
    follow() {
      this.following = true;
      this.toEnd();
    },
    release() {
      this.following = false;
      this.look();
    },
    focusOn(message, selectors, said) {
      const article = this.$refs.inner.querySelector(`[data-message="${message}"]`);
      const found = selectors.map((selector) => article?.querySelector(selector)).find(Boolean);
      found?.focus();
      if (said) this.said = said;
    },
    onScroll() {
      const { scrollTop, scrollHeight } = this.$refs.scroller;
      // Where the text has changed its height too, the browser may have moved it: the sizes tell what to do.
      const moved = scrollHeight === this.height;
      // However little it is: a slow hand begins with a few pixels. At the very end it was the text that got shorter.
      if (moved && scrollTop < this.top && this.distance() > 1) this.following = false;
      else if (moved && scrollTop > this.top && this.distance() <= NEAR) this.following = true;
      this.top = scrollTop;
      this.look();
    },
    onWheel(event) {
      if (event.deltaY < 0 && this.$refs.scroller.scrollTop > 0) this.release();
    },
    onPointer(event) {
      const { scroller } = this.$refs;
      if (event.target === scroller && event.offsetX >= scroller.clientWidth) this.release(); // the scroll bar
    },
    onKey(event) {
      // The browser scrolls a frame later; text that comes meanwhile must not undo it.
      const inside = this.$refs.scroller.contains(event.target) && !event.target.closest("textarea, input");
      if (inside && (event.key === "ArrowUp" || event.key === "Home")) this.release();
      if (event.key !== "PageUp" && event.key !== "PageDown") return;
      if (event.target.closest?.(".q-dialog, .sidebar")) return;
      event.preventDefault();
      const step = this.$refs.scroller.clientHeight * 0.9;
      if (event.key === "PageUp") this.release();
      this.$refs.scroller.scrollBy({ top: event.key === "PageUp" ? -step : step });
    },
    onDisconnect(reason, details) {
      const root = document.documentElement;
      root.toggleAttribute("data-restarting", details?.context?.code === SERVICE_RESTART);
    },
    // A screen reader hears finished blocks, not every piece of a word.
    onBlocks(records) {
      for (const record of records) {
        for (const node of record.addedNodes) {
          const block = node.classList?.contains("md-block") ? node.previousElementSibling : null;
          if (block?.closest('[aria-busy="true"]')) this.said = block.textContent;
        }
      }
    },
    press(button) {
      if (button.matches(".code-diagram")) return window.diagrams.toggle(button, this.labels);
      if (button.matches("[data-speak]")) return window.speech.toggle(button, button.closest("article").querySelector(".said"));
      const wraps = button.closest(".code").classList.toggle("wraps");
      button.setAttribute("aria-pressed", String(wraps));
    },
    sourceBy(button) {
      if (button.matches(".code-copy")) return button.closest(".code").querySelector("pre").textContent;
      const article = button.closest("article");
      return button.matches("[data-copy]") ? article.dataset.source : window.attachments.sourceOf(article);
    },
    async onClick(event) {
      const own = event.target.closest(".code-wrap, .code-diagram, [data-speak]");
      if (own) return this.press(own);
      const button = event.target.closest(".code-copy, [data-copy], [data-copy-question]");
      if (!button) return;
      await window.shell.copy(this.sourceBy(button), button);
      this.said = this.labels.copied;
    },
  },
};
