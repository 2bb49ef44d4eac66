// The button that shows the typed password; without JavaScript it stays hidden.
for (const button of document.querySelectorAll(".reveal")) {
  const input = button.parentElement.querySelector("input");
  button.hidden = false;
  button.addEventListener("click", () => {
    const show = input.type === "password";
    input.type = show ? "text" : "password";
    button.textContent = show ? button.dataset.hide : button.dataset.show;
    input.focus();
  });
}
