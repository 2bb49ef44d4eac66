// Search, and the conversations that there are: rows as data, of which only those near what is seen are drawn.
const REM = { head: 2, folder: 2.5, row: 2.5, found: 3.75, note: 3, more: 2.5, failed: 5 };
const OPEN = "folders-open";
const ICONS = {
  rename: "pen", pin: "pin", unpin: "unpin", move: "folder", archive: "archive", unarchive: "unarchive",
  choose: "choose", delete: "trash",
};
const { place, refreshed, remove, lines, windowed, blocks } = window.conversationRows;

export default {
  mixins: [window.conversationDrag],
  components: window.conversationParts,
  template: `
    <div class="conversation-list" @keydown="onKey">
      <SearchField ref="search" :label="labels.search" @query="search" />
      <div class="list-tools">
        <span class="list-title">{{ heading }}</span>
        <button v-for="tool in tools" :key="tool.key" type="button" class="icon-button" :aria-label="tool.words"
          :title="tool.words" :aria-pressed="tool.pressed" @click="tool.does"><span class="icon"
          :class="'icon-' + tool.icon" aria-hidden="true"></span></button>
      </div>
      <nav ref="nav" class="conversations" :aria-label="labels.conversations" @scroll.passive="onScroll"
        @pointerdown="onPointerDown" @dragstart="onDragStart" @dragover="onDragOver" @dragleave="onDragLeave"
        @drop="onDrop" @dragend="endDrag">
        <div :style="{ height: drawn.before + 'px' }"></div>
        <template v-for="block in drawn.blocks" :key="block.key">
          <h2 v-if="block.kind === 'head'" class="group" :data-drop="block.drop">{{ block.words }}</h2>
          <FolderHead v-else-if="block.kind === 'folder'" :folder="block.folder" :open="block.open" :labels="labels"
            :data-drop="block.drop" :class="{ 'drop-here': over === block.drop }" @toggle="toggle(block.folder.id)"
            @menu="openFolderMenu($event, block.folder)" />
          <p v-else-if="block.kind === 'note'" class="list-note" :data-drop="block.drop">{{ block.words }}</p>
          <div v-else-if="block.kind === 'more'" class="list-more" aria-hidden="true" :data-more="block.of"><i></i></div>
          <div v-else-if="block.kind === 'failed'" class="list-note"><p>{{ labels.list_failed }}</p><button type="button"
            class="button small" @click="load(block.of)">{{ labels.retry }}</button></div>
          <ul v-if="block.rows.length" :class="{ inside: block.folder, 'drop-here': over && over === block.drop }"
            :data-drop="block.drop">
            <ListRow v-for="row in block.rows" :key="row.id" :row="row" :labels="labels" :q="query"
              :active="row.id === active" :choosing="choosing" :chosen="chosen.has(row.id)"
              :class="{ dragged: dragged?.has(row.id) }" @visit="$emit('visit', row.id)" @menu="openMenu($event, row)"
              @choose="choose(row.id, $event)" />
          </ul>
        </template>
        <div :style="{ height: drawn.after + 'px' }"></div>
      </nav>
      <BulkBar v-if="choosing" :labels="labels" :items="bulkItems" :count="chosen.size" @all="chooseAll"
        @pick="$emit('act', $event, [...chosen])" />
      <PopupMenu ref="menu" @pick="onPick" />
      <div class="sr-only" role="status">{{ dropWords || (query && heading) }}</div>
    </div>`,
  props: {
    labels: Object,
    active: String, // the conversation that is open
  },
  emits: ["load", "visit", "act", "put", "folder"],
  data: () => ({
    query: "",
    archived: false,
    folders: [],
    // Rows by where they stand: pinned, main, archived, the id of a folder, and "q:" with what is looked for.
    sections: {},
    open: new Set(),
    choosing: false,
    chosen: new Set(),
    top: 0,
    view: 800,
    rem: 16,
  }),
  computed: {
    shown() {
      return this.query ? `q:${this.query}` : this.archived ? "archived" : "main";
    },
    heading() {
      if (!this.query) return this.archived ? this.labels.archived : this.labels.conversations;
      const section = this.sections[this.shown];
      if (!section?.rows.length && (!section?.read || section.next)) return this.labels.searching;
      return this.labels.found.replace("{count}", section.rows.length + (section.next ? "+" : ""));
    },
    tools() {
      const { labels, archived, choosing } = this;
      const all = [
        { key: "archived", icon: "archive", words: labels.show_archived, pressed: archived, does: this.showArchived },
        { key: "folder", icon: "folder-new", words: labels.new_folder, does: () => this.$emit("folder", "create", "") },
        { key: "choose", icon: "choose", words: labels.choose, pressed: choosing, does: this.startChoosing },
      ];
      return this.query ? all.slice(2) : archived ? [all[0], all[2]] : all;
    },
    bulkItems() {
      const keys = this.archived ? ["unarchive", "move", "delete"] : ["archive", "move", "delete"];
      return keys.map((key) => this.item(key));
    },
    lines() {
      return lines(this);
    },
    drawn() {
      const heights = Object.fromEntries(Object.entries(REM).map(([kind, value]) => [kind, value * this.rem]));
      if (this.query) heights.row = heights.found;
      const part = windowed(this.lines, heights, this.top, this.view);
      const drawn = blocks(this.lines.slice(part.from, part.to));
      return { ...part, blocks: drawn.map((block) => ({ ...block, drop: this.dropOf(block) })) };
    },
  },
  mounted() {
    this.rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.open = new Set(JSON.parse(localStorage.getItem(OPEN) ?? "[]"));
    this.sizes = new ResizeObserver(() => (this.view = this.$refs.nav.clientHeight));
    this.sizes.observe(this.$refs.nav);
  },
  unmounted() {
    this.sizes.disconnect();
  },
  watch: {
    shown() {
      this.$refs.nav.scrollTop = 0;
      this.$nextTick(this.loadSeen);
    },
  },
  methods: {
    // Told by the server

    overview(folders, pinned, main, next) {
      this.folders = folders;
      this.sections.pinned = { rows: pinned, next: null, read: true };
      this.sections.main = refreshed(this.sections.main, main, next);
      for (const key of [...folders.map((folder) => folder.id), this.shown]) {
        if (key !== "main" && this.sections[key]) this.reload(key);
      }
      this.$nextTick(this.loadSeen);
    },
    // A part of a section: the first, or what follows.
    part(key, rows, next, first) {
      const section = this.sections[key];
      if (!section) return;
      if (first) this.sections[key] = refreshed(section, rows, next);
      else Object.assign(section, { rows: [...section.rows, ...rows], next, loading: false });
      this.$nextTick(this.loadSeen);
    },
    failed(key) {
      this.sections[key] = { rows: [], next: null, ...this.sections[key], loading: false, failed: true };
    },
    changed(rows) {
      for (const row of rows) place(this.sections, row);
      this.stopChoosing();
    },
    dropped(ids) {
      remove(this.sections, new Set(ids));
      this.stopChoosing();
    },

    // Reading

    loadSeen() {
      const height = this.view + 4 * REM.row * this.rem;
      for (const element of this.$refs.nav.querySelectorAll("[data-more]")) {
        const below = element.getBoundingClientRect().top - this.$refs.nav.getBoundingClientRect().top;
        if (below < height && below > -height) this.load(element.dataset.more);
      }
    },
    load(key) {
      const section = (this.sections[key] ??= { rows: [], next: null, read: false });
      if (section.loading) return;
      Object.assign(this.sections[key], { loading: true, failed: false });
      this.$emit("load", key, section.read ? section.next : null);
    },
    reload(key) {
      this.sections[key].loading = true;
      this.$emit("load", key, null);
    },
    onScroll() {
      this.top = this.$refs.nav.scrollTop;
      this.$nextTick(this.loadSeen);
    },
    search(query) {
      this.query = query;
      for (const key of Object.keys(this.sections)) {
        if (key.startsWith("q:") && key !== this.shown) delete this.sections[key];
      }
    },
    showArchived() {
      this.archived = !this.archived;
      this.stopChoosing();
    },
    toggle(id) {
      if (!this.open.delete(id)) this.open.add(id);
      localStorage.setItem(OPEN, JSON.stringify([...this.open]));
      this.$nextTick(this.loadSeen);
    },

    // Keyboard

    onKey(event) {
      if (event.isComposing || event.keyCode === 229) return;
      const links = [...this.$refs.nav.querySelectorAll(".conversation-link")];
      const at = links.indexOf(event.target);
      const searching = event.target.type === "search";
      if (event.key === "Escape" && (searching ? event.target.value : this.query || this.choosing)) {
        event.stopPropagation();
        if (this.choosing) this.stopChoosing();
        else this.$refs.search.clear();
      } else if (event.key === "Enter" && searching) links[0]?.click();
      else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (searching || at >= 0)) {
        const next = searching ? 0 : at + (event.key === "ArrowDown" ? 1 : -1);
        event.preventDefault();
        if (next < 0) this.$refs.search.focus();
        else links[next]?.focus();
      }
    },

    // What is done to conversations and folders

    item(key) {
      return { key, icon: ICONS[key], words: this.labels[key], danger: key === "delete" };
    },
    openMenu(target, row) {
      const keys = ["rename", row.pinned ? "unpin" : "pin", "move", row.archived ? "unarchive" : "archive", "choose"];
      this.$refs.menu.open(target, [...keys, "delete"].map(this.item), row);
    },
    openFolderMenu(target, folder) {
      this.$refs.menu.open(target, ["rename", "delete"].map(this.item), { folder: folder.id, isFolder: true });
    },
    onPick(key, of) {
      if (of.isFolder) this.$emit("folder", key, of.folder);
      else if (key !== "choose") this.$emit("act", key, [of.id]);
      else {
        this.startChoosing();
        this.choose(of.id);
      }
    },
    startChoosing() {
      this.choosing = !this.choosing;
      this.chosen = new Set();
    },
    stopChoosing() {
      this.choosing = false;
    },
    choose(id, range) {
      const ids = this.shownIds();
      const [from, to] = [ids.indexOf(this.anchor), ids.indexOf(id)].sort((a, b) => a - b);
      if (range && from >= 0) for (const one of ids.slice(from, to + 1)) this.chosen.add(one);
      else if (!this.chosen.delete(id)) this.chosen.add(id);
      this.anchor = id;
    },
    chooseAll() {
      this.chosen = new Set(this.shownIds());
    },
    shownIds() {
      return this.lines.filter((line) => line.kind === "row").map((line) => line.row.id);
    },
  },
};
