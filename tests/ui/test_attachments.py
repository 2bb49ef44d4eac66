"""Texts that go along with a message: files and long pastes, as chips before and after sending."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import FilePayload, Locator, expect

from tests.app.serving import Served
from tests.ui.people import Person
from ui.attachments import TextFile, pieces

PASTE = """(field, text) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
DROP = """([name, bytes]) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], name));
    for (const type of ["dragover", "drop"]) {
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
    }
}"""
CODE = "def f():\n    return ```x```\n"
KOREAN = "이름,값\n가,1\n"


def chips(person: Person) -> Locator:
    return person.page.get_by_role("list", name="Attachments").get_by_role("listitem")


async def pick(person: Person, *files: tuple[str, bytes]) -> None:
    chosen = [FilePayload(name=name, mimeType="application/octet-stream", buffer=content) for name, content in files]
    await person.page.locator("input[type=file]").set_input_files(chosen)


@pytest.mark.browser
async def test_files_go_along_and_are_shown_folded(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    await pick(lee, ("f.py", CODE.encode()), ("표.csv", KOREAN.encode("euc-kr")), ("empty.txt", b""))
    await expect(chips(lee)).to_have_count(3)
    await expect(chips(lee).nth(1)).to_contain_text("2 lines · 0 kB")
    await lee.button("Remove: empty.txt").click()
    await lee.page.reload()
    await expect(chips(lee)).to_have_count(2)
    await lee.ask("What is this?")
    sent = served.engine.prompts[-1].messages[-1].content
    assert pieces(sent) == ["What is this?", TextFile("f.py", CODE), TextFile("표.csv", KOREAN)]
    await expect(chips(lee)).to_have_count(0)
    await expect(lee.conversations).to_have_text(["What is this?"])
    await lee.page.reload()
    shown = lee.questions.locator("details")
    await expect(shown).to_have_count(2)
    await expect(shown.first.locator("pre")).to_be_hidden()
    await shown.first.locator("summary").click()
    assert await shown.first.locator("pre").text_content() == CODE
    await expect(lee.questions.locator(".bubble")).to_have_text(["What is this?"])
    report = await Axe().run(lee.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    assert report.violations_count == 0, report.generate_report()
    # Edited, and sent as it was.
    await lee.questions.hover()
    await lee.button("Edit").click()
    await expect(lee.page.get_by_role("textbox", name="Edit message")).to_have_value("What is this?")
    await expect(chips(lee)).to_have_count(2)
    await lee.button("Save and send").click()
    await expect(lee.button("Previous version")).to_have_count(1)
    assert served.engine.prompts[-1].messages[-1].content == sent
    assert lee.faults == []


@pytest.mark.browser
async def test_long_pastes_become_chips(person: Callable[..., Any], served: Served) -> None:
    lee = await person(permissions=["clipboard-read", "clipboard-write"])
    long = "\n".join(f"line {number}" for number in range(80))
    await lee.message.evaluate(PASTE, "short\n" * 20)
    await expect(chips(lee)).to_have_count(0)
    await lee.message.fill("Read")
    await lee.message.evaluate(PASTE, long)
    await lee.message.evaluate(PASTE, "x" * 4001)
    await expect(chips(lee)).to_have_count(2)
    await expect(lee.message).to_have_value("Read")
    await lee.button("Put into the text: Pasted text 2.txt").click()
    await expect(lee.message).to_have_value("Read\n" + "x" * 4001)
    await lee.message.fill("Read this")
    await lee.ask("Read this")
    sent = served.engine.prompts[-1].messages[-1].content
    assert pieces(sent) == ["Read this", TextFile("Pasted text 1.txt", long)]
    await lee.questions.hover()
    await lee.button("Question to clipboard").click()
    await expect(lee.button("Question to clipboard")).to_have_attribute("data-copied", "")
    assert await lee.page.evaluate("navigator.clipboard.readText()") == sent


@pytest.mark.browser
async def test_what_is_no_text_is_refused_in_words(person: Callable[..., Any]) -> None:
    lee = await person(viewport={"width": 360, "height": 740})
    problem = lee.page.get_by_role("alert").filter(has_text="file")
    await lee.page.evaluate(DROP, ["picture.png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0xFF]])
    await expect(problem).to_contain_text("“picture.png” is not a text file")
    await pick(lee, ("large.txt", b"x" * 1_000_001))
    await expect(lee.page.get_by_role("alert").filter(has_text="large.txt")).to_contain_text("at most 1 MB")
    await pick(lee, *((f"{number}.txt", b"x") for number in range(11)))
    await expect(lee.page.get_by_role("alert").filter(has_text="At most 10")).to_be_visible()
    await expect(chips(lee)).to_have_count(0)
    await lee.page.evaluate(DROP, ["a-very-long-name-of-a-file-that-does-not-fit-on-a-phone.txt", [104, 105]])
    await expect(chips(lee)).to_contain_text("1 line · 0 kB")
    await expect(lee.page.get_by_role("alert").filter(has_text="At most 10")).to_have_count(0)
    assert await lee.page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("plain ``` text", ["plain ``` text"]),
        ('```py file="a.py"\nx\n```', [TextFile("a.py", "x")]),
        ('```py file="a.py"\n\n```', [TextFile("a.py", "")]),
        ('````md file="a"\n```\nx\n```\n\n````\n\nafter', [TextFile("a", "```\nx\n```\n"), "after"]),
        ('before\n```txt file="a"\nx\n```', ["before\n", TextFile("a", "x")]),
        ('never closed\n\n```txt file="a"\nx', ['never closed\n\n```txt file="a"\nx']),
        ('```txt file="a"\nx\n```\n\n```txt file="b"\ny\n```', [TextFile("a", "x"), TextFile("b", "y")]),
        ("```py\nx\n```", ["```py\nx\n```"]),
    ],
)
def test_a_message_is_read_as_it_was_written(content: str, found: list[str | TextFile]) -> None:
    assert pieces(content) == found


def test_half_open_blocks_cost_little() -> None:
    content = '```txt file="a"\n' * 12_000
    assert pieces(content) == [content]
