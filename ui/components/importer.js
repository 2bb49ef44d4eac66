// Sends a file to the import, and tells how far it is. The server says in words what came of it.
export default {
  template: `
    <div class="importer">
      <label class="button" :class="{ busy: stage }">
        <span class="icon icon-upload" aria-hidden="true"></span><span class="label">{{ labels.choose }}</span>
        <input ref="file" type="file" class="sr-only" accept=".json,.zip,application/json,application/zip"
          :disabled="!!stage" @change="send">
      </label>
      <div v-if="stage" class="import-progress" role="status">
        <span>{{ stage === "sending" ? labels.sending : labels.reading }}</span>
        <progress v-if="stage === 'sending'" :value="share" max="1" :aria-label="labels.sending"></progress>
        <progress v-else :aria-label="labels.reading"></progress>
      </div>
    </div>`,
  props: {
    labels: Object, // choose, sending, reading
    most: Number, // bytes that are taken
  },
  emits: ["report", "refused"],
  data: () => ({ stage: "", share: 0 }),
  methods: {
    send() {
      const file = this.$refs.file.files[0];
      if (!file) return;
      if (file.size > this.most) {
        this.finish("refused", { code: "import_too_large" });
        return;
      }
      this.stage = "sending";
      this.share = 0;
      const request = new XMLHttpRequest();
      request.open("POST", "/api/conversations/import");
      request.responseType = "json";
      request.setRequestHeader("Content-Type", file.name.endsWith(".zip") ? "application/zip" : "application/json");
      request.upload.addEventListener("progress", (event) => (this.share = event.loaded / event.total));
      request.upload.addEventListener("load", () => (this.stage = "reading"));
      request.addEventListener("load", () => {
        if (request.status === 200) this.finish("report", request.response);
        else this.finish("refused", request.response?.error ?? { code: "unavailable" });
      });
      request.addEventListener("error", () => this.finish("refused", { code: "import_unsent" }));
      request.send(file);
    },
    finish(event, value) {
      this.stage = "";
      // The same file again is a change, too.
      this.$refs.file.value = "";
      this.$emit(event, value);
      this.$nextTick(() => this.$refs.file.focus());
    },
  },
};
