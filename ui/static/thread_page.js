// A conversation on a page of its own, printed or shared: copying code, and the paper.
(() => {
  const SHOWN_MS = 1600;

  async function copy(text, near) {
    if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
    const field = Object.assign(document.createElement("textarea"), { value: text, className: "sr-only" });
    near.parentElement.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    near.focus();
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".code-copy, [data-print]");
    if (button?.matches("[data-print]")) window.print();
    else if (button) {
      await copy(button.closest(".code").querySelector("pre").textContent, button);
      button.dataset.copied = "";
      setTimeout(() => delete button.dataset.copied, SHOWN_MS);
    }
  });

  // On paper nothing can be unfolded.
  window.addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
  });

  // The page that the menu opened for this asks at once.
  if (document.body.hasAttribute("data-print-now")) window.addEventListener("load", () => window.print());
})();
