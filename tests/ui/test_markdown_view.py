"""The growing reply on the page: what is sent, how often, and that it ends as a stored message looks."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from nicegui import Client, core
from nicegui.page import page

from tests.ui.texts import ANSWER
from ui.markdown import Renderer, render
from ui.markdown_block import Block
from ui.markdown_rules import CodeLabels
from ui.markdown_view import MarkdownView

UPDATES = 400


@contextmanager
def a_client() -> Iterator[Client]:
    """A NiceGUI client that no browser ever opens."""
    core.loop = asyncio.get_running_loop()
    with Client(page("")) as client:
        yield client
    client.delete()


class Counting(Renderer):
    """Counts what goes in and out."""

    sent = read = 0

    def part(self, block: Block, source: str, *, growing: bool = False) -> str:
        html = super().part(block, source, growing=growing)
        self.read += len(source)
        self.sent += len(html)
        return html


def stream(text: str, updates: int = UPDATES) -> tuple[MarkdownView, Counting]:
    view = MarkdownView(CodeLabels("Copy"))
    view.renderer = counting = Counting(CodeLabels("Copy"), view.blocks.env)
    size = -(-len(text) // updates)
    for position in range(0, len(text), size):
        view.feed(text[position : position + size])
        view.show()
    view.finish()
    return view, counting


def html_of(element: object) -> str:
    """What the browser shows, without the attributes that only NiceGUI needs."""
    props, classes = element.props, " ".join(element.classes)  # type: ignore[attr-defined]
    tag = props.get("tag") or element.tag  # type: ignore[attr-defined]
    inner = props.get("innerHTML") or "".join(html_of(child) for child in element)  # type: ignore[attr-defined]
    start = f' start="{props["start"]}"' if "start" in props else ""
    return f"<{tag}{f' class={chr(34)}{classes}{chr(34)}' if classes else ''}{start}>{inner}</{tag}>"


def plain(html: str) -> str:
    """Without the spans around code and text parts, which look like nothing."""
    return re.sub(r"<span>|</span>|<tr></tr>", "", html)


@pytest.mark.parametrize("updates", [1, 37, 400, 2000])
async def test_end_looks_like_the_stored_message(updates: int) -> None:
    text = ANSWER + "\n\n[late][1] and\n\n- a\n- b\n\n[1]: https://late.example/\n"
    with a_client():
        view, _ = stream(text, updates)
        streamed = html_of(view.root).removeprefix('<div class="prose">').removesuffix("</div>")
    assert plain(streamed) == plain(render(text, CodeLabels("Copy")))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("prose", "문장이 **이어지고** `코드`도 있습니다. 조금 더 길게 씁니다.\n\n" * 300),
        ("one paragraph", "문장이 **이어지고** `코드`도 있습니다. " * 400),
        ("code", "```python\n" + "value = compute(1, 'text')  # why\n" * 400),
        ("table", "| a | b |\n|---|---|\n" + "| 값 하나 | 값 **둘** |\n" * 600),
        ("list", "- 항목 **하나** 그리고 `둘`\n" * 500),
    ],
)
async def test_cost_does_not_grow_with_the_reply(name: str, text: str) -> None:
    """Counted in characters, which no busy machine changes."""
    with a_client():
        _, short = stream(text[:4_000], UPDATES // 2)
        _, long = stream(text[:8_000], UPDATES)
    assert long.sent < (200_000 if name == "code" else 150_000), name
    assert long.read < 2.3 * short.read, name
    assert long.sent < 2.3 * short.sent, name
