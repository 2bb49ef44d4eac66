"""What a model thinks comes apart from what it answers, wherever its text is cut."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.base import Delta, FinishReason, Written
from engine.errors import EngineError
from engine.serve_args import implied_parser
from engine.thinking import Splitter, Tags, Thinking, find_tags

OPENED = Tags(opened=True)
DISTILLED = "{{ m }}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n<think>\\n' }}{% endif %}"
CHOOSES = "{% if add_generation_prompt %}{% if not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}"

CASES = [
    (Tags(), "<think>\nFirst <b>,\n\nthen.\n</think>\n\nAn answer.\n", "First <b>,\n\nthen.", "An answer.\n"),
    (Tags(), "\n\n<think>\n\n</think>\n\nAt once.", "", "At once."),
    (Tags(), " No thoughts: 1 < 2 <think>.", "", " No thoughts: 1 < 2 <think>."),
    (Tags(), "<thin", "", "<thin"),
    (Tags(), "", "", ""),
    (OPENED, "\nHm </thin </think>Yes</think>", "Hm </thin", "Yes</think>"),
    (OPENED, "Only thoughts, 1 <", "Only thoughts, 1 <", ""),
    (Tags("<seed:think>", "</seed:think>"), "<seed:think>a</seed:think>b", "a", "b"),
]


def fed(tags: Tags, pieces: list[str], last: FinishReason | None = "stop") -> tuple[str, str]:
    thinking = Thinking(tags)
    parts = [thinking.add(piece) for piece in pieces] + [thinking.add("", last)]
    return "".join(reasoning for reasoning, _ in parts), "".join(answer for _, answer in parts)


@pytest.mark.parametrize(("tags", "text", "reasoning", "answer"), CASES)
def test_the_parts_of_a_text_cut_anywhere(tags: Tags, text: str, reasoning: str, answer: str) -> None:
    assert fed(tags, [text]) == (reasoning, answer)
    assert fed(tags, list(text)) == (reasoning, answer)
    for cut in range(len(text)):
        assert fed(tags, [text[:cut], text[cut:]]) == (reasoning, answer)


def steps(tags: Tags, text: str, written: Written | None = None) -> list[Delta]:
    splitter = Splitter(tags, written)
    return [splitter.delta(sign, (), None) for sign in text] + [splitter.delta("", (), "stop")]


def together(deltas: list[Delta]) -> tuple[str, str]:
    return "".join(one.reasoning for one in deltas), "".join(one.text for one in deltas)


@pytest.mark.parametrize(("tags", "text", "reasoning", "answer"), CASES)
def test_what_was_shown_is_not_shown_again(tags: Tags, text: str, reasoning: str, answer: str) -> None:
    for cut in range(len(text)):
        before = together(steps(tags, text)[:cut])
        after = together(steps(tags, text, Written((1,), before[1], before[0])))
        assert (before[0] + after[0], before[1] + after[1]) == (reasoning, answer)


def test_a_tag_that_the_length_cuts_is_whole_when_the_answer_goes_on() -> None:
    assert fed(OPENED, ["thought </thi"], "length") == ("thought", "")
    written = Written((1,), "", "thought")
    assert together(steps(OPENED, "thought </think> said", written)) == ("", "said")


def test_what_was_shown_must_fit() -> None:
    with pytest.raises(EngineError, match="does not fit"):
        steps(OPENED, "other", Written((1,), "", "thought"))


def test_without_tags_everything_is_the_answer() -> None:
    assert Splitter(None, None).delta("<think>a", (1,), "stop", 3) == Delta("<think>a", (1,), "stop", 3)


@dataclass
class Tokenizer:
    """As much of one as the tags need."""

    chat_template: str
    all_special_tokens: tuple[str, ...] = ()


def test_the_chat_template_tells_whether_a_model_thinks() -> None:
    assert find_tags("", Tokenizer("{{ messages }}"), "assistant\n") is None
    assert find_tags("", Tokenizer(CHOOSES), "assistant\n") == Tags()
    assert find_tags("", Tokenizer(DISTILLED), "assistant\n<think>\n") == OPENED
    assert find_tags("", Tokenizer(CHOOSES, ("</think>",)), "x") == Tags(special=True)


@pytest.mark.parametrize(("template", "token", "parser"), [
    (DISTILLED, "<think>", "deepseek_r1"),
    (DISTILLED, "<other>", ""),
    (CHOOSES, "<think>", ""),
    ("{{ messages }}", "<think>", ""),
])  # fmt: skip
def test_the_parser_of_vllms_own_api(tmp_path: Path, template: str, token: str, parser: str) -> None:
    (tmp_path / "tokenizer.json").write_text(
        json.dumps({"added_tokens": [{"content": token}, {"content": "</think>"}]})
    )
    config = tmp_path / "tokenizer_config.json"
    config.write_text(json.dumps({"chat_template": template}))
    assert implied_parser(str(tmp_path)) == parser
    config.write_text("{}")
    assert implied_parser(str(tmp_path)) == ""
    (tmp_path / "chat_template.jinja").write_text(template)
    assert implied_parser(str(tmp_path)) == parser
