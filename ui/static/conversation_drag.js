// Conversations that are dragged onto a folder with the mouse. Touch and keyboard have the menu.
(() => {
  const MAIN = "main";

  function picture(words) {
    const element = document.createElement("div");
    element.className = "drag-picture";
    element.textContent = words;
    document.body.append(element);
    // The browser takes it when the event has been handled.
    setTimeout(() => element.remove());
    return element;
  }

  // Mixed into conversations.js. What can be dropped on says where it leads: `data-drop` is a folder's id or MAIN.
  window.conversationDrag = {
    // `over`: where it would go if it were dropped now.
    data: () => ({ dragged: null, over: null }),
    computed: {
      dropWords() {
        if (!this.over) return "";
        const folder = this.folders.find((one) => one.id === this.over);
        return folder ? this.labels.drop_in.replace("{folder}", folder.name) : this.labels.drop_out;
      },
    },
    unmounted() {
      window.removeEventListener("pointermove", this.endDrag);
    },
    methods: {
      dropOf(block) {
        if (this.shown !== MAIN) return null;
        const of = block.holds ?? block.key.replace(/^\w+ /, "");
        if (of === "pinned") return null;
        return this.folders.some((folder) => folder.id === of) ? of : MAIN;
      },
      onPointerDown(event) {
        this.pointer = event.pointerType;
      },
      onDragStart(event) {
        const id = event.target.closest?.("[data-row]")?.dataset.row;
        if (!id || this.pointer !== "mouse") return;
        this.dragged = new Set(this.choosing && this.chosen.has(id) ? this.chosen : [id]);
        const rows = Object.values(this.sections).flatMap((section) => section.rows);
        const dragged = rows.filter((row) => this.dragged.has(row.id));
        this.from = new Set(dragged.map((row) => row.folder ?? MAIN));
        const one = dragged.find((row) => row.id === id)?.title || this.labels.untitled;
        const words = this.dragged.size === 1 ? one : this.labels.dragged.replace("{count}", this.dragged.size);
        event.dataTransfer.setDragImage(picture(words), -14, -6);
        // A row that was scrolled away meanwhile hears no end; while something is dragged the pointer moves for nobody.
        window.addEventListener("pointermove", this.endDrag, { once: true });
      },
      onDragOver(event) {
        if (!this.dragged) return;
        const to = event.target.closest?.("[data-drop]")?.dataset.drop;
        this.over = to && (this.from.size > 1 || !this.from.has(to)) ? to : null;
        if (!this.over) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "move";
      },
      onDragLeave(event) {
        if (!this.$refs.nav.contains(event.relatedTarget)) this.over = null;
      },
      onDrop(event) {
        if (!this.dragged || !this.over) return;
        event.preventDefault();
        this.$emit("put", this.over === MAIN ? "" : this.over, [...this.dragged]);
        this.endDrag();
      },
      endDrag() {
        this.dragged = this.over = null;
      },
    },
  };
})();
