"""Parts of an answer with a life of their own: thoughts, code, diagrams, pictures from elsewhere, and a voice."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.app.serving import Served
from ui.components.reasoning import thought_words
from ui.i18n import Translator

GOOD = """```mermaid
graph TD
  A[Start] --> B{질문?}
  B -->|예| C[<img src=x onerror=window.hacked=1>]
  C <--> D[one<br/>two]
  D --> E[#lt;img src=https://evil.example/a onerror=window.hacked=1#gt;]
```"""
BAD = "```mermaid\ngraph TD\n  A[Start --> B\n```"
LONG = "```py\n" + "x = 'long' + " * 40 + "\n```"
SPEECH = """(() => {
    window.heard = [];
    window.SpeechSynthesisUtterance = function (text) { this.text = text; };
    const voice = {
        getVoices: () => [{ lang: "en-US", localService: true }, { lang: "ko-KR", localService: true }],
        speak: (said) => window.heard.push(`${said.voice.lang}: ${said.text.trim()}`),
        cancel: () => window.heard.push("silence"),
    };
    Object.defineProperty(window, "speechSynthesis", { value: voice });
})()"""


@pytest.mark.browser
async def test_thoughts_are_folded_with_their_time(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    served.engine.thoughts, served.engine.delay = "first then **second**", 0.4
    await lee.send("Think")
    thoughts = lee.answers.locator("details")
    await expect(thoughts.locator("summary")).to_have_text("Thinking…")
    served.engine.delay = 0.1
    await expect(thoughts.locator("summary")).to_have_text("Thought for 1 s")
    await expect(lee.answers).to_contain_text("code too")
    await expect(lee.button("Details")).to_be_visible()
    await expect(thoughts.locator("summary")).to_have_text("Thought for 1 s")
    await lee.page.reload()
    await expect(thoughts.locator("summary")).to_have_text("Thought for 1 s")
    await expect(thoughts.locator("strong")).to_be_hidden()
    await thoughts.locator("summary").click()
    await expect(thoughts.locator("strong")).to_have_text("second")
    assert lee.faults == []


def test_times_of_thinking() -> None:
    t = Translator("en")
    assert [thought_words(t, time) for time in (None, 20, 1499, 61_600)] == [
        "Thoughts",
        "Thought for 1 s",
        "Thought for 1 s",
        "Thought for 62 s",
    ]


@pytest.mark.browser
async def test_diagrams_are_drawn_on_request_and_harmless(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    asked: list[str] = []
    lee.page.on("request", lambda request: asked.append(request.url))
    served.engine.reply = f"{GOOD}\n\n{BAD}\n\n![chart](https://evil.example/p.png)"
    await lee.ask("Draw")
    code = lee.answers.locator(".code")
    assert not [url for url in asked if "mermaid" in url]
    show = code.first.get_by_role("button", name="Show diagram")
    await show.click()
    picture = code.first.get_by_role("img", name="Diagram")
    await expect(picture).to_be_visible()
    await expect(code.first.locator("pre")).to_be_hidden()
    assert await picture.evaluate("(image) => image.src.startsWith('data:image/svg+xml') && image.naturalWidth > 50")
    await show.click()
    await expect(picture).to_have_count(0)
    await expect(code.first.locator("pre")).to_contain_text("A[Start]")
    await code.nth(1).get_by_role("button", name="Show diagram").click()
    await expect(code.nth(1).get_by_role("status")).to_contain_text("cannot be drawn")
    await expect(code.nth(1).locator("pre")).to_be_visible()
    await expect(lee.answers.get_by_role("link", name="chart")).to_contain_text("evil.example")
    assert not [url for url in asked if "evil.example" in url or not url.startswith((lee.url, "data:", "ws"))]
    assert await lee.page.evaluate("window.hacked === undefined")
    report = await Axe().run(lee.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    assert report.violations_count == 0, report.generate_report()
    assert lee.faults == []


@pytest.mark.browser
async def test_long_lines_wrap_on_request(person: Callable[..., Any], served: Served) -> None:
    lee = await person(viewport={"width": 360, "height": 740})
    served.engine.reply = LONG
    await lee.ask("Code")
    wide = "(pre) => pre.scrollWidth > pre.clientWidth"
    assert await lee.answers.locator("pre").evaluate(wide)
    wrap = lee.button("Wrap lines")
    await wrap.click()
    await expect(wrap).to_have_attribute("aria-pressed", "true")
    assert not await lee.answers.locator("pre").evaluate(wide)
    await wrap.click()
    assert await lee.answers.locator("pre").evaluate(wide)


@pytest.mark.browser
async def test_answers_are_read_aloud(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await lee.page.add_init_script(SPEECH)
    await lee.page.reload()
    served.engine.reply = (
        "# Title\n\nOne sentence. Another one!\n\n```py\nsilent\n```\n\n- an [item](https://a.example)"
    )
    await lee.ask("Read")
    read = lee.button("Read aloud")
    await read.click()
    await expect(read).to_have_attribute("aria-pressed", "true")
    said = ["silence", "en-US: Title", "en-US: One sentence.", "en-US: Another one!", "en-US: an item"]
    assert (await lee.page.evaluate("window.heard"))[-5:] == said
    await read.click()
    await expect(read).to_have_attribute("aria-pressed", "false")
    assert (await lee.page.evaluate("window.heard"))[-1] == "silence"
    served.engine.reply = "한국어 답변입니다. code"
    await lee.ask("읽어 줘")
    await read.nth(1).click()
    assert (await lee.page.evaluate("window.heard"))[-2:] == ["ko-KR: 한국어 답변입니다.", "ko-KR: code"]
    await lee.button("New chat").click()
    await lee.page.wait_for_function("window.heard.at(-1) === 'silence'")
