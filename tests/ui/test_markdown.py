"""Rendering: complete, safe, and never slow."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ui.texts import ANSWER, COSTLY, HOSTILE
from ui.markdown import render
from ui.markdown_rules import CodeLabels
from ui.sanitize import clean, clean_row

ALLOWED_TAGS = set(
    "p br hr h1 h2 h3 h4 h5 h6 blockquote ul ol li em strong s a code pre span div button table thead tbody tr th td "
    "var sup sub".split()
)
ALLOWED_ATTRIBUTES = {"class", "href", "title", "target", "rel", "start", "aria-label", "type"}


class Seen(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words += data


def test_everything_a_model_writes() -> None:
    html = render(ANSWER, CodeLabels("Copy it"))
    for expected in (
        "<h1>제목</h1>",
        "<strong>굵게</strong> 하고 <code>코드</code>",
        '<ol start="1"><li>first',
        '<td class="align-right"><strong>2</strong> 초</td>',
        '<span class="code-lang">python</span>',
        'aria-label="Copy it"',
        '<span class="k">def</span>',
        "<blockquote>",
        '<span class="math"><var>E</var> = <var>mc</var><sup>2</sup></span>',
        '<span class="frac">',
        "<hr>",
        '<a href="https://example.com/a" target="_blank" rel="noopener noreferrer nofollow">링크'
        '<span class="link-host">example.com</span></a>',
    ):
        assert expected in html


def test_addresses_and_images_are_links_that_show_their_host() -> None:
    html = render("https://a.example/x을 보고 ![그림](https://b.example/p.png)", CodeLabels())
    assert '<a href="https://a.example/x" ' in html
    assert ">https://a.example/x</a>을" in html
    assert '그림<span class="link-host">b.example</span></a>' in html
    assert "<img" not in html
    assert 'class="image-link"' in html


def test_diagrams_have_a_button_of_their_own() -> None:
    labels = CodeLabels("Copy", "Wrap", "Draw")
    assert "code-diagram" in render("```mermaid\ngraph TD\n```", labels)
    assert "code-wrap" in render("- ```py\n  x\n  ```", labels)
    assert "code-diagram" not in render("```py\nx\n```", labels)
    for head in ("code-diagram", "code-wrap"):
        assert head not in render("```mermaid\ngraph TD\n```", CodeLabels("Copy"))


@pytest.mark.parametrize(
    "text", ["https://bank.example/?evil.example", "evil.example.bank.example", "see evil.example"]
)
def test_a_host_that_only_stands_in_a_links_text_hides_nothing(text: str) -> None:
    assert '<span class="link-host">evil.example</span>' in render(f"[{text}](https://evil.example/)", CodeLabels())
    assert "link-host" not in render("[EVIL.example/a](https://evil.example/)", CodeLabels())


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_harmless(text: str) -> None:
    for html in (render(text, CodeLabels("c")), clean(text), clean_row(text)):
        seen = Seen(html)
        assert seen.tags <= ALLOWED_TAGS
        for name, value in seen.attributes:
            assert name in ALLOWED_ATTRIBUTES
            assert name != "href" or re.match(r"https?://|mailto:", value)
            assert name != "class" or not {"q-dialog", "fixed-full"} & set(value.split())


@given(st.text(alphabet="*_~`[]()!<>|$\\#-+=1.:@&; \n\tab가", max_size=400))
@settings(deadline=None, max_examples=300)
def test_never_raises_and_keeps_the_words(text: str) -> None:
    seen = Seen(render(text, CodeLabels("c")))
    assert seen.tags <= ALLOWED_TAGS
    if not re.search(r"[\[\]`~]", text):  # link targets and languages of code are no words
        assert seen.words.count("가") == text.count("가")


@pytest.mark.parametrize("piece", COSTLY)
def test_costly_text_takes_no_long_time(piece: str) -> None:
    """The bound is 100 ms on a quiet machine; CPU time, and room for a busy one."""
    text = (piece * 32_000)[:32_000]
    began = time.process_time()
    render(text, CodeLabels("c"))
    assert time.process_time() - began < 0.5


def test_deep_nesting_ends() -> None:
    for text in (">" * 5_000, "- " * 5_000, "[" * 5_000 + "](x)" * 5_000, "$" + "{" * 900 + "$"):
        assert "<" in render(text, CodeLabels("c"))


def test_link_definition_behind_its_use() -> None:
    assert 'href="https://late.example/"' in render(
        "See [this][1].\n\nMore.\n\n[1]: https://late.example/\n", CodeLabels()
    )


def test_dollars_are_not_formulas() -> None:
    assert "math" not in render("It costs $5 and $6, or 5$ and 6$.", CodeLabels())
