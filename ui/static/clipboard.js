// Text into the clipboard, and a button that shows for a moment that it is there.
(() => {
  const SHOWN_MS = 1600;

  async function write(text, near) {
    if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
    // Plain HTTP in a local network has no clipboard object. Near the button: a dialog lets no focus out.
    const field = Object.assign(document.createElement("textarea"), { value: text, className: "sr-only" });
    near.parentElement.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    near.focus();
  }

  window.toClipboard = async (text, button) => {
    await write(text, button);
    button.dataset.copied = "";
    setTimeout(() => delete button.dataset.copied, SHOWN_MS);
  };
})();
