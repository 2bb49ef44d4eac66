// Texts that go along with a message: read from files, cut from long pastes, written into the message and read from it.
// ui/attachments.py reads the same form.
(() => {
  const LONG_CHARS = 4000;
  const LONG_LINES = 60;
  const MAX_FILES = 10;
  const MAX_BYTES = 1_000_000;
  const MAX_NAME = 120;
  const HEAD = /(`{3,})([\w+#.-]{0,30}) file="([^"\n`]{1,120})"\n/y;
  // No text has them; what survives decoding by chance does.
  const BINARY = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/;

  function decode(bytes) {
    for (const encoding of ["utf-8", "euc-kr"]) {
      try {
        const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
        return BINARY.test(text) ? null : text;
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
      }
    }
    return null;
  }

  const lines = (text) => text.split("\n").length - (text.endsWith("\n") ? 1 : 0);

  function named(name) {
    const clean = name.replace(/["`\r\n\t]/g, "_") || "_";
    return clean.length <= MAX_NAME ? clean : clean.slice(-MAX_NAME);
  }

  function block({ name, body }) {
    const longest = (body.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2);
    const fence = "`".repeat(longest + 1);
    const language = /\.([a-z0-9+#]{1,30})$/i.exec(name)?.[1].toLowerCase() ?? "";
    return `${fence}${language} file="${name}"\n${body}\n${fence}`;
  }

  // The message as it is sent.
  function compose(text, files) {
    return [...(text.trim() ? [text] : []), ...files.map(block)].join("\n\n");
  }

  // What `compose` was given; everything else is text alone.
  function split(content) {
    const start = content.search(/(?:^|\n\n)`{3,}[\w+#.-]{0,30} file="/);
    const whole = { text: content, files: [] };
    if (start < 0) return whole;
    const text = content.slice(0, start);
    const files = [];
    let position = start;
    while (position < content.length) {
      position += content.startsWith("\n\n", position) ? 2 : 0;
      HEAD.lastIndex = position;
      const head = HEAD.exec(content);
      const begin = HEAD.lastIndex;
      const end = head ? content.indexOf(`\n${head[1]}`, begin - 1) : -1;
      if (end < 0) return whole;
      files.push({ name: head[3], body: content.slice(begin, Math.max(begin, end)) });
      position = end + 1 + head[1].length;
    }
    return compose(text, files) === content ? { text, files } : whole;
  }

  // The texts among files. Throws { problem, name } for the first one that cannot go along.
  async function take(list, present) {
    if (present.length + list.length > MAX_FILES) throw { problem: "too_many", name: MAX_FILES };
    const taken = [];
    for (const file of list) {
      if (file.size > MAX_BYTES) throw { problem: "too_large", name: file.name };
      const body = decode(await file.arrayBuffer());
      if (body === null) throw { problem: "binary", name: file.name };
      taken.push({ name: named(file.name), body });
    }
    return taken;
  }

  // A long paste as an attachment; null: it is short enough to stand in the field.
  function longPaste(text, name, present) {
    const body = text.replace(/\r\n?/g, "\n");
    if (present.length >= MAX_FILES || (body.length <= LONG_CHARS && lines(body) <= LONG_LINES)) return null;
    const number = present.filter((file) => file.pasted).length + 1;
    return { name: `${name} ${number}.txt`, body, pasted: true };
  }

  // Files that are dropped anywhere on the page; `over` is told whether some are held above it. Returns the way to end it.
  function watchDrops(over, drop) {
    const holds = (event) => event.dataTransfer?.types.includes("Files");
    const handlers = {
      dragover(event) {
        if (!holds(event)) return;
        event.preventDefault();
        over(true);
      },
      dragleave(event) {
        if (event.relatedTarget === null) over(false);
      },
      drop(event) {
        if (!holds(event)) return;
        event.preventDefault();
        over(false);
        drop([...event.dataTransfer.files]);
      },
    };
    for (const [type, handler] of Object.entries(handlers)) document.addEventListener(type, handler);
    return () => {
      for (const [type, handler] of Object.entries(handlers)) document.removeEventListener(type, handler);
    };
  }

  // The attachments of a message that is being written.
  const Chips = {
    template: `
      <ul v-if="files.length" class="chips" :aria-label="labels.attachments">
        <li v-for="(file, index) in files" :key="index" class="chip">
          <span class="icon icon-file" aria-hidden="true"></span>
          <span class="chip-name" :title="file.name">{{ file.name }}</span>
          <span class="chip-size">{{ size(file) }}</span>
          <button v-if="file.pasted" type="button" class="chip-button" :aria-label="labels.expand + ': ' + file.name"
            :title="labels.expand" @click="$emit('expand', index)"><span class="icon icon-unfold" aria-hidden="true"></span></button>
          <button type="button" class="chip-button" :aria-label="labels.remove + ': ' + file.name"
            :title="labels.remove" @click="$emit('remove', index)"><span class="icon icon-close" aria-hidden="true"></span></button>
        </li>
      </ul>`,
    props: { files: Array, labels: Object }, // labels: attachments, expand, remove, file_line, file_lines
    emits: ["expand", "remove"],
    methods: {
      size({ body }) {
        const number = (value) => value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
        const count = lines(body);
        const words = count === 1 ? this.labels.file_line : this.labels.file_lines.replace("{lines}", number(count));
        return `${words} · ${number(new Blob([body]).size / 1000)} kB`;
      },
    },
  };

  // What fields with attachments do. Needs `files`, `labels` and `write(text, files)`.
  const attaching = {
    components: { Chips },
    data: () => ({ files: [], problem: "" }),
    methods: {
      async addFiles(list) {
        this.problem = "";
        try {
          this.write(this.text, [...this.files, ...(await take(list, this.files))]);
        } catch (failure) {
          if (!failure.problem) throw failure;
          this.problem = this.labels[failure.problem].replace("{name}", failure.name);
        }
      },
      onPick(event) {
        this.addFiles([...event.target.files]);
        event.target.value = "";
      },
      onPaste(event) {
        const { clipboardData: data } = event;
        const file = data.files.length ? null : longPaste(data.getData("text/plain"), this.labels.pasted, this.files);
        if (data.files.length) this.addFiles([...data.files]);
        else if (file) this.write(this.text, [...this.files, file]);
        else return;
        event.preventDefault();
      },
      removeFile(index) {
        this.write(this.text, this.files.toSpliced(index, 1));
      },
      expandFile(index) {
        const text = this.text ? `${this.text}\n${this.files[index].body}` : this.files[index].body;
        this.write(text, this.files.toSpliced(index, 1));
      },
    },
  };

  // The source of a question that is shown: what `compose` has made, or what another program has sent like that.
  function sourceOf(question) {
    return [...question.querySelectorAll(".pieces > *")]
      .map((piece) => {
        if (!piece.matches(".file")) return (piece.querySelector(".fold-body") ?? piece).textContent;
        return block({ name: piece.querySelector(".chip-name").textContent, body: piece.querySelector("pre").textContent });
      })
      .join("\n\n");
  }

  window.attachments = { compose, split, sourceOf, watchDrops, attaching };
})();
