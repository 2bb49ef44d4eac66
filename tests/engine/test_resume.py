"""Text behind a cut equals the text of a run that nothing has cut."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.base import FinishReason, Written
from engine.choose import DEMO_PATH
from engine.errors import EngineError
from engine.resume import ResumedText

pytestmark = pytest.mark.vllm
PROMPT = "<|im_start|>assistant\n"
TEXT = "가나다 뷁 라면 👩‍👩‍👧 stop here, 끝. **bold** 한글과 English"


@cache
def tokenizer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(DEMO_PATH)


def ids_of(text: str) -> list[int]:
    return list(tokenizer()(text, add_special_tokens=False)["input_ids"])


def eos() -> int:
    return int(tokenizer().eos_token_id)


def params(stop: Sequence[str] = (), min_tokens: int = 0, max_tokens: int = 10_000, ignore_eos: bool = False) -> Any:
    from vllm import SamplingParams

    one = SamplingParams(stop=list(stop), min_tokens=min_tokens, max_tokens=max_tokens, ignore_eos=ignore_eos)
    one.update_from_generation_config({}, eos())
    return one


def resume(given: Any, ids: Sequence[int], shown: str) -> ResumedText:
    return ResumedText(tokenizer(), ids_of(PROMPT), given, Written(tuple(ids), shown))


def undisturbed(ids: list[int], given: Any) -> tuple[list[str], FinishReason | None]:
    """What vLLM shows after each token, and whether a stop string ended it."""
    from vllm.v1.engine import EngineCoreRequest
    from vllm.v1.engine.detokenizer import IncrementalDetokenizer

    request = EngineCoreRequest("id", ids_of(PROMPT), None, given, None, 0.0, None, None, None)
    detokenizer = IncrementalDetokenizer.from_new_request(tokenizer(), request)
    pieces = []
    for token in ids:
        stopped = detokenizer.update([token], False)
        pieces.append(detokenizer.get_next_output_text(bool(stopped), delta=True))
        if stopped:
            return pieces, "stop"
    return pieces, None


def resumed(given: Any, ids: list[int], cut: int, shown: str) -> tuple[str, FinishReason | None]:
    text = resume(given, ids[:cut], shown)
    if text.finish_reason:
        return text.text(finished=True), text.finish_reason
    rest = ""
    for token in ids[cut:]:
        piece, _, reason = text.add([token], None)
        rest += piece
        if reason:
            return rest, reason
    return rest + text.text(finished=False), None


token_lists = st.deferred(
    lambda: st.one_of(
        st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=20).map(ids_of),
        st.text(min_size=1, max_size=20).map(ids_of),
        # Ids at random make bytes that are no UTF-8.
        st.lists(st.sampled_from(sorted(set(range(len(tokenizer()))) - {eos()})), min_size=1, max_size=30),
    )
)


@settings(deadline=None, max_examples=200)
@given(ids=token_lists, data=st.data())
def test_every_cut_goes_on_as_if_there_were_none(ids: list[int], data: st.DataObject) -> None:
    whole = "".join(undisturbed(ids, params())[0])
    stop = data.draw(st.lists(st.sampled_from([whole[i : i + 3] for i in range(len(whole))] or ["x"]), max_size=2))
    given = params(stop, data.draw(st.integers(0, len(ids))))
    pieces, reason = undisturbed(ids, given)
    cut = data.draw(st.integers(0, len(pieces)))
    shown = "".join(pieces[:cut])
    # The journal may lack the newest text, never more.
    shown = shown[: data.draw(st.integers(0, len(shown)))]
    rest, resumed_reason = resumed(given, ids, cut, shown)
    assert shown + rest == "".join(pieces)
    assert resumed_reason == reason


def test_a_cut_inside_a_character() -> None:
    ids = ids_of("가뷁나")
    pieces, _ = undisturbed(ids, params())
    inside = [i for i, piece in enumerate(pieces, 1) if not piece]
    assert inside, "the demo tokenizer has this character in one token"
    for cut in inside:
        shown = "".join(pieces[:cut])
        assert shown + resumed(params(), ids, cut, shown)[0] == "가뷁나"


def test_a_stop_string_across_the_cut() -> None:
    ids = ids_of(TEXT)
    for cut in range(len(ids)):
        shown = "".join(undisturbed(ids, params(["stop here"]))[0][:cut])
        rest, reason = resumed(params(["stop here"]), ids, cut, shown)
        assert shown + rest == TEXT[: TEXT.index("stop here")]
        assert reason == "stop"


def test_tokens_behind_the_stop_string_do_not_count() -> None:
    ids = ids_of(TEXT)
    text = resume(params(["끝."]), ids[:3], "")
    shown, counted, reason = text.add(ids[3:], None)
    assert (shown, reason) == (TEXT[: TEXT.index("끝.")], "stop")
    assert 0 < len(counted) < len(ids) - 3


def test_what_is_complete_ends_at_once() -> None:
    ids = ids_of("다 했어요")
    ended = resume(params(["zzzz"]), (*ids, eos()), "다")
    assert (ended.finish_reason, ended.text(finished=True)) == ("stop", " 했어요")
    full = resume(params(max_tokens=len(ids)), ids, "다 했")
    assert (full.finish_reason, full.text(finished=True)) == ("length", "어요")
    open_end = resume(params(), ids, "다 했")
    assert open_end.finish_reason is None


def test_an_ignored_end_token_does_not_end() -> None:
    assert resume(params(ignore_eos=True), [*ids_of("하나"), eos()], "하나").finish_reason is None


def test_text_that_does_not_fit_its_tokens_is_refused() -> None:
    with pytest.raises(EngineError, match="does not fit its tokens"):
        resume(params(), ids_of("하나"), "둘")
    with pytest.raises(EngineError, match="does not fit its tokens"):
        resume(params(), (), "하나")
