// What only the browser can do around the page: sidebar, theme buttons, and moving between conversations.
(() => {
  const root = document.documentElement;
  const phone = matchMedia("(max-width: 820px)");
  const KEY = "sidebar";

  function setSidebar(open, keep = true) {
    root.dataset.sidebar = open ? "open" : "closed";
    document.querySelector(".main")?.toggleAttribute("inert", open && phone.matches);
    if (keep && !phone.matches) localStorage.setItem(KEY, root.dataset.sidebar);
    if (open && phone.matches) document.querySelector(".sidebar .new-chat")?.focus();
  }

  const initial = () => setSidebar(!phone.matches && localStorage.getItem(KEY) !== "closed", false);
  initial();
  phone.addEventListener("change", initial);

  const closeOnPhone = () => phone.matches && setSidebar(false);
  document.addEventListener("keydown", (event) => event.key === "Escape" && closeOnPhone());

  function showTheme() {
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", button.dataset.themeChoice === window.theme.get());
    }
  }
  document.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-theme-choice]")?.dataset.themeChoice;
    if (choice) window.theme.set(choice);
    // After Vue has drawn a menu that this click opened.
    requestAnimationFrame(() => requestAnimationFrame(showTheme));
  });

  // Back and forward change what the page shows, not the page.
  window.addEventListener("popstate", () => window.emitEvent("visit", location.pathname));

    // A button that names the element whose text it copies; the one after it says so.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy-from]");
    if (!button) return;
    await window.toClipboard(document.getElementById(button.dataset.copyFrom).textContent, button);
    button.nextElementSibling.textContent = button.dataset.said;
  });

  window.shell = {
    copy: window.toClipboard,
    // Whether a key belongs to an input method. After the end of a composition Safari tells that only by the code 229.
    composing: (event) => event.isComposing || event.keyCode === 229,
    // … and come back here.
    signIn: () => location.assign(`/login?next=${encodeURIComponent(location.pathname)}`),
    closeOnPhone,
    // True when it was closed.
    openSidebar() {
      const closed = root.dataset.sidebar !== "open";
      if (closed) setSidebar(true);
      return closed;
    },
    toggleSidebar: () => setSidebar(root.dataset.sidebar !== "open"),
    // True when a click on a link should be handled by the page and not open a tab.
    takes(event) {
      if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return false;
      event.preventDefault();
      closeOnPhone();
      return true;
    },
  };
})();
