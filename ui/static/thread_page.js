// A conversation on a page of its own, printed or shared: copying code, and the paper.
(() => {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".code-copy, [data-print]");
    if (button?.matches("[data-print]")) window.print();
    else if (button) await window.toClipboard(button.closest(".code").querySelector("pre").textContent, button);
  });

  // On paper nothing can be unfolded.
  window.addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
  });

  // The page that the menu opened for this asks at once.
  if (document.body.hasAttribute("data-print-now")) window.addEventListener("load", () => window.print());
})();
