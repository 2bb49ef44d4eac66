// Before the first paint: the chosen theme, and the time zone by which conversations are dated.
(() => {
  const YEAR = 31536000;
  // Of the browser's own bars, as in ui/theme.py.
  const BARS = { light: "#ffffff", dark: "#191918" };
  const cookie = (name) => document.cookie.match(`(?:^|; )${name}=([^;]*)`)?.[1];
  const keep = (name, value) => (document.cookie = `${name}=${value}; path=/; max-age=${YEAR}; samesite=lax`);

  function apply(theme) {
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    for (const bar of document.querySelectorAll("meta[name=theme-color]")) {
      bar.content = BARS[theme] ?? BARS[bar.media.includes("dark") ? "dark" : "light"];
    }
  }

  window.theme = {
    get: () => cookie("theme") ?? "system",
    set(theme) {
      keep("theme", theme);
      apply(theme);
    },
  };
  apply(window.theme.get());
  // Paper is light.
  window.addEventListener("beforeprint", () => apply("light"));
  window.addEventListener("afterprint", () => apply(window.theme.get()));
  keep("tz", encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC"));
})();
