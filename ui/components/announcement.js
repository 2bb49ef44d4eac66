// One announcement of the administrators. That it was dismissed is remembered in this browser, for this user.
const MOST = 50; // as many as the service keeps

export default {
  template: `
    <div class="announcement" role="note" :aria-label="labels.announcement" :data-level="level" :hidden="gone">
      <span class="icon" :class="level === 'warning' ? 'icon-alert' : 'icon-info'" aria-hidden="true"></span>
      <div class="announcement-words"><slot></slot></div>
      <button type="button" class="icon-button" :aria-label="labels.dismiss" :title="labels.dismiss" @click="dismiss">
        <span class="icon icon-close" aria-hidden="true"></span></button>
    </div>`,
  props: {
    labels: Object,
    owner: String, // whose page it is: others who use this browser have not seen it
    mark: String, // which announcement, in which form
    level: String, // info or warning
  },
  data() {
    return { gone: this.dismissed().includes(this.mark) };
  },
  methods: {
    key() {
      return `announcements:${this.owner}`;
    },
    dismissed() {
      return JSON.parse(localStorage.getItem(this.key()) ?? "[]");
    },
    dismiss() {
      localStorage.setItem(this.key(), JSON.stringify([...this.dismissed(), this.mark].slice(-MOST)));
      this.gone = true;
    },
  },
};
