"""Half-arrived Markdown shows no loose delimiters."""

import pytest

from tests.ui.texts import ANSWER
from ui.markdown_repair import repair


@pytest.mark.parametrize(
    ("half", "whole"),
    [
        ("hello **bo", "hello **bo**"),
        ("hello **", "hello "),
        ("**bold*", "**bold**"),
        ("a *b **c", "a *b **c***"),
        ("a `co", "a `co`"),
        ("a ``", "a "),
        ("~~gone", "~~gone~~"),
        ("a [te", "a te"),
        ("a [text](https://exa", "a text"),
        ("see ![alt](https://exa", "see "),
        ("is $x^2", "is $x^2$"),
        ("is $$x", "is $$x$$"),
        ("is \\(x", "is \\(x\\)"),
        ("cost $5 and", "cost $5 and"),
        ("5 * 3", "5 * 3"),
        ("snake_case_name", "snake_case_name"),
        ("| a | b", "| a | b\n|---|---|"),
        ("| a | b |\n|-", "| a | b |\n|---|---|"),
        ("- ", ""),
        ("#", ""),
        ("1.", ""),
        ("text\n-", "text"),
        ("text\n```", "text"),
        ("- a\n  ```py\n  x = '**", "- a\n  ```py\n  x = '**"),
        ("end &am", "end "),
        ("plain words", "plain words"),
    ],
)
def test_repair(half: str, whole: str) -> None:
    assert repair(half) == whole


def test_whole_texts_are_left_alone() -> None:
    for block in ("**a** and `b` and [c](https://d.example)", "수식 $E = mc^2$ 끝", "a_b *c* __d__"):
        assert repair(block) == block


def test_every_prefix_can_be_repaired() -> None:
    for end in range(len(ANSWER)):
        assert isinstance(repair(ANSWER[:end][-400:]), str)
