"""Splitting: nothing is lost, what is closed stays, and how the text arrived makes no difference."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ui.texts import ANSWER, COSTLY
from ui.markdown_blocks import Blocks
from ui.markdown_lines import MAX_PIECES, MAX_TAIL

FRAGMENTS = [
    "para text ", "word " * 30, "\n", "\n\n", "- a", "1. x", "  more", "```", "```py\n", "~~~\n", "| a | b |\n",
    "|---|---|\n", "$$\n", "\\[\n", "\\]\n", "> q\n", "# h\n", "    code\n", "===\n", "---\n", "[a]: /x\n",
    "*x* ", "\r\n",
]  # fmt: skip
documents = st.lists(st.sampled_from(FRAGMENTS) | st.text("ab \n-*`$|#>1.~[]\\()_", max_size=8), max_size=60).map(
    "".join
)


def split(text: str) -> Blocks:
    blocks = Blocks()
    blocks.feed(text)
    blocks.finish()
    return blocks


@given(documents, st.lists(st.integers(1, 40), min_size=1))
@settings(deadline=None, max_examples=300)
def test_pieces_make_no_difference_and_closed_blocks_stay(text: str, sizes: list[int]) -> None:
    whole = split(text).blocks
    arriving = Blocks()
    position = step = 0
    while position < len(text):
        size = sizes[step % len(sizes)]
        arriving.feed(text[position : position + size])
        position, step = position + size, step + 1
        for index, block in enumerate(arriving.blocks[:-1]):
            assert block.closed
            assert block == whole[index]
        if arriving.blocks and (last := arriving.blocks[-1]).kind == whole[len(arriving.blocks) - 1].kind:
            assert last.parts == whole[len(arriving.blocks) - 1].parts[: len(last.parts)]
    arriving.finish()
    assert arriving.blocks == whole
    assert "".join(block.source for block in whole) == text


def test_kinds_of_an_answer() -> None:
    kinds = [block.kind for block in split(ANSWER).blocks]
    assert kinds == ["flow", "flow", "list", "list", "table", "code", "flow", "flow", "math", "flow", "text"]


def test_parts_of_lists_tables_and_code() -> None:
    blocks = split("1. a\n2. b\n\n| h |\n|---|\n| 1 |\n| 2 |\n\n```py\n" + "x = 1\n" * 50 + "```\n").blocks
    assert [len(block.parts) for block in blocks] == [2, 2, 3]
    assert blocks[0].start == 1
    assert blocks[2].foot == "```\n"


def test_no_tail_grows_without_bound() -> None:
    for piece in COSTLY:
        blocks = Blocks()
        text = (piece * 32_000)[:32_000]
        for position in range(0, len(text), 97):
            blocks.feed(text[position : position + 97])
            assert len(blocks.blocks[-1].tail) <= MAX_TAIL + 1, piece
        blocks.finish()
        plain = [block for block in blocks.blocks if block.kind == "plain"]
        assert sum(1 + len(block.parts) for block in blocks.blocks) <= MAX_PIECES + 300, piece
        assert "".join(block.source for block in blocks.blocks) == text
        assert len(plain) <= 1


@pytest.mark.parametrize(
    ("text", "kinds", "foot"),
    [
        ("```py\nx = 1\n```", ["code"], "```"),
        ("$$\nx\n$$", ["math"], "$$"),
        ("- a\n- b\n\nThe end.", ["list", "flow"], ""),
        ("| a |\n|---|\n| 1 |", ["table"], ""),
        ("1. a\n## Next", ["list", "flow"], ""),
    ],
)
def test_last_line_counts_without_its_end(text: str, kinds: list[str], foot: str) -> None:
    blocks = split(text).blocks
    assert [block.kind for block in blocks] == kinds
    assert blocks[-1].foot == foot


def test_line_is_known_by_its_beginning() -> None:
    blocks = Blocks()
    blocks.feed("- a\n- b\n- c")
    assert (blocks.blocks[0].parts, blocks.blocks[0].tail) == (["- a\n", "- b\n"], "- c")
    blocks.feed("\n\nNot a list any m")
    assert [block.kind for block in blocks.blocks] == ["list", "flow"]
