// Reads an answer aloud with a voice of the browser, in the answer's language. Nothing leaves the machine that the voice lives on.
(() => {
  const voice = window.speechSynthesis;
  // Some browsers fall silent in the middle of longer ones.
  const MAX_CHARS = 220;
  const KOREAN_SHARE = 0.2;
  let reading = null;

  document.documentElement.toggleAttribute("data-speech", Boolean(voice));

  function sentences(prose) {
    const copy = prose.cloneNode(true);
    for (const silent of copy.querySelectorAll(".code, .link-host")) silent.remove();
    const blocks = [...copy.querySelectorAll("p, li, h1, h2, h3, h4, h5, h6, td, th, .math-display")];
    const texts = blocks.filter((block) => !block.querySelector("p, li, td")).map((block) => block.textContent.trim());
    return texts.flatMap((text) => text.match(/[^.!?。…\n]{1,200}(?:[.!?。…\n]+|$|(?=.))/gs) ?? []).filter((text) => text.trim());
  }

  const languageOf = (text) => {
    const letters = text.match(/\p{L}/gu) ?? [];
    const korean = letters.filter((letter) => /[가-힣]/.test(letter));
    return korean.length > KOREAN_SHARE * letters.length ? "ko-KR" : "en-US";
  };

  function stop() {
    reading?.setAttribute("aria-pressed", "false");
    reading = null;
    voice?.cancel();
  }

  function toggle(button, prose) {
    const again = reading === button;
    stop();
    if (again || !voice) return;
    const texts = sentences(prose);
    const lang = languageOf(texts.join(" "));
    const own = voice.getVoices().find((one) => one.lang.replace("_", "-").startsWith(lang.slice(0, 2)) && one.localService);
    reading = button;
    button.setAttribute("aria-pressed", "true");
    texts.forEach((text, index) => {
      const said = Object.assign(new SpeechSynthesisUtterance(text.slice(0, MAX_CHARS)), { lang });
      if (own) said.voice = own;
      if (index === texts.length - 1) said.onend = () => reading === button && stop();
      voice.speak(said);
    });
  }

  window.addEventListener("pagehide", stop);
  window.speech = { toggle, stop };
})();
