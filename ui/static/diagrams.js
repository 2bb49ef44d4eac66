// Draws a Mermaid block when it is asked for. The library comes from this server, and only then.
(() => {
  // What a model writes must not keep the browser busy for long.
  const LIMITS = { maxTextSize: 20_000, maxEdges: 300 };
  // Tags, but for line breaks; `<<interface>>` and arrows are none. The library would put them into the page to measure them.
  const TAG = /(?<!<)<(?!br\s*\/?>)(?=[a-z/!?])/gi;
  let drawn = 0;

  const dark = () => getComputedStyle(document.documentElement).colorScheme === "dark";

  // The drawing as a picture: in one nothing runs, loads or links, whatever the text has made of it.
  function asPicture(svg, label) {
    const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
    if (root.localName !== "svg") throw new Error("the drawing is no picture");
    const [, , width, height] = root.getAttribute("viewBox").split(/\s+/);
    root.setAttribute("width", width);
    root.setAttribute("height", height);
    const source = new XMLSerializer().serializeToString(root);
    return Object.assign(new Image(), { src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`, alt: label });
  }

  async function draw(text, label) {
    const { mermaid } = await import("nicegui-mermaid");
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      htmlLabels: false,
      flowchart: { htmlLabels: false },
      suppressErrorRendering: true,
      fontFamily: getComputedStyle(document.body).fontFamily,
      theme: dark() ? "dark" : "neutral",
      ...LIMITS,
    });
    drawn += 1;
    const { svg } = await mermaid.render(`diagram-${drawn}`, text.replace(TAG, "#lt;"));
    const picture = asPicture(svg, label);
    await picture.decode();
    return picture;
  }

  function place(code, ...nodes) {
    code.querySelector(".diagram")?.remove();
    const box = Object.assign(document.createElement("div"), { className: "diagram" });
    box.append(...nodes);
    if (nodes.length) code.append(box);
  }

  // The code stays: it is hidden while the picture is shown, and comes back with a second press.
  async function toggle(button, labels) {
    const code = button.closest(".code");
    const shown = button.getAttribute("aria-pressed") === "true";
    button.setAttribute("aria-pressed", String(!shown));
    if (shown) return place(code);
    const text = code.querySelector("pre").textContent;
    button.setAttribute("aria-busy", "true");
    try {
      place(code, await draw(text, labels.diagram_alt));
    } catch (error) {
      // The library says in its own way what it did not understand.
      console.info(error);
      const words = Object.assign(document.createElement("p"), { textContent: labels.diagram_failed, className: "diagram-failed" });
      words.setAttribute("role", "status");
      place(code, words);
      button.setAttribute("aria-pressed", "false");
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  window.diagrams = { toggle };
})();
