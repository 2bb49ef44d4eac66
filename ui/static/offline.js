// In the reader's language: try again by hand, by itself, and when the device is connected again.
(() => {
  const FIRST_MS = 2000;
  const LONGEST_MS = 30000;
  const known = [...document.querySelectorAll("section[lang]")];
  const kept = document.cookie.match(/(?:^|; )lang=([a-z]+)/)?.[1];
  const wanted = [kept, ...navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()), "en"];
  const shown = wanted.map((lang) => known.find((section) => section.lang === lang)).find(Boolean);
  for (const section of known) section.hidden = section !== shown;
  document.documentElement.lang = shown.lang;
  document.title = shown.dataset.title;

  const button = shown.querySelector("button");
  const said = shown.querySelector("[role=status]");
  let wait = FIRST_MS;
  let timer;

  async function look(byHand) {
    clearTimeout(timer);
    if (byHand) said.textContent = said.dataset.trying;
    button.disabled = true;
    const there = await fetch("/healthz", { cache: "no-store", credentials: "omit" }).then((answer) => answer.ok, () => false);
    // The address is still the one that was asked for.
    if (there) return location.pathname === "/offline" ? location.replace("/") : location.reload();
    button.disabled = false;
    if (byHand) {
      said.textContent = said.dataset.failed;
      button.focus();
    }
    wait = byHand ? FIRST_MS : Math.min(2 * wait, LONGEST_MS);
    timer = setTimeout(look, wait);
  }

  button.addEventListener("click", () => look(true));
  window.addEventListener("online", () => look());
  timer = setTimeout(look, wait);
})();
