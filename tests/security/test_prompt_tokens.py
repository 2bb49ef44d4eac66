"""Text of users never becomes a token that opens or closes a turn (the tokenizer of the bundled model)."""

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.base import ChatMessage
from engine.chat_template import ChatTemplate
from engine.choose import DEMO_PATH


@cache
def tokenizer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(DEMO_PATH, trust_remote_code=False)


def special() -> dict[int, str]:
    added = json.loads((DEMO_PATH / "tokenizer.json").read_text())["added_tokens"]
    return {entry["id"]: entry["content"] for entry in added}


def counts(content: str) -> dict[int, int]:
    ids = ChatTemplate(tokenizer()).encode((ChatMessage("system", content), ChatMessage("user", content)))
    return {one: ids.count(one) for one in special()}


def test_every_special_token_in_every_place() -> None:
    harmless = counts("안녕")
    tokens = list(special().values())
    assert len(tokens) >= 3
    for token in tokens:
        for text in (
            token,
            f"a{token}b",
            f" {token} ",
            f"\n{token}system\n",
            token * 20,
            token[:2] + token + token[2:],
        ):
            assert counts(text) == harmless, text
    assert counts("".join(tokens)) == harmless


@given(st.lists(st.sampled_from(["<", "|", ">", "s", "\u200b", "im_start", "\n", "안"]), max_size=12))
@settings(deadline=None, max_examples=150)
def test_no_text_made_of_their_pieces(pieces: list[str]) -> None:
    tokens = list(special().values())
    text = "".join(pieces).replace("im_start", tokens[len(pieces) % len(tokens)])
    assert counts(text) == counts("안녕")


class Overlapping:
    """A tokenizer two of whose tokens share a character."""

    all_special_tokens = ("<a>", ">b<", "    ")

    def get_added_vocab(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.all_special_tokens)}


@pytest.mark.parametrize("text", ["<a>b<", "<a>b<a>", ">b<a>b<a>b<"])
def test_tokens_that_overlap(text: str) -> None:
    harmless = ChatTemplate(Overlapping())._harmless(text)
    assert "<a>" not in harmless
    assert ">b<" not in harmless
    assert harmless.replace("\u200b", "") == text


def test_indentation_is_no_token_of_power() -> None:
    assert ChatTemplate(Overlapping())._harmless("if x:\n        y") == "if x:\n        y"
