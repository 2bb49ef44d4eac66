"""What is happening to an answer, in words that are true."""

from typing import Any

import pytest

from engine.base import EngineStatus, Stage
from ui.components.engine_status import stage_words
from ui.components.receipt import receipt_rows
from ui.components.state_words import queue_words, reading_words, resuming_words, writing_words
from ui.i18n import Translator

KO, EN = Translator("ko"), Translator("en")


def started(predicted_ms: int | None, queue_ms: int = 0) -> dict[str, Any]:
    return {"queue_ms": queue_ms, "prompt_tokens": 1234, "predicted_ttft_ms": predicted_ms}


def test_place_and_seconds_in_the_queue() -> None:
    assert queue_words(EN, {"position": 3, "eta_ms": 4600}, known=True) == "Place 3 in the queue · about 5 s"
    assert queue_words(EN, {"position": 3, "eta_ms": None}, known=True) == "Place 3 in the queue"
    assert queue_words(EN, {"position": 0, "eta_ms": 0}, known=True) == "Reading your question"
    assert queue_words(EN, {"position": 0, "eta_ms": 0}, known=False) == "Waiting for the model to be ready"


@pytest.mark.parametrize("predicted", [None, 0, 1000])
def test_short_readings_are_not_predicted(predicted: int | None) -> None:
    assert reading_words(EN, started(predicted)) == "Reading your question · 1,234 tokens"


def test_reading_tells_what_is_left_and_not_what_was_waited() -> None:
    assert reading_words(EN, started(3200)) == "Reading your question · 1,234 tokens · about 3 s"
    assert reading_words(EN, started(13200, 10_000)) == "Reading your question · 1,234 tokens · about 3 s"
    assert reading_words(EN, started(10500, 10_000)) == "Reading your question · 1,234 tokens"
    assert reading_words(KO, started(3200)) == "질문을 읽는 중 · 1,234토큰 · 약 3초"


@pytest.mark.parametrize(
    ("cached", "prompt", "words"),
    [
        (0, 100, "쓰는 중"),
        (96, 100, "쓰는 중 · 캐시 96 %"),
        (999, 1000, "쓰는 중 · 캐시 99 %"),
        (1, 1000, "쓰는 중"),
        (0, 0, "쓰는 중"),
    ],
)
def test_cached_share_is_never_more_than_it_is(cached: int, prompt: int, words: str) -> None:
    assert writing_words(KO, cached, prompt) == words


def test_what_was_lost_is_told_apart() -> None:
    engine = resuming_words(EN, {"reason": "engine", "eta_ms": 2300})
    assert engine == "The engine is restarting; your answer will go on (about 2 s)"
    assert (
        resuming_words(KO, {"reason": "engine", "eta_ms": None}) == "엔진이 다시 시작되고 있습니다. 답변은 이어집니다"
    )
    assert "server" in resuming_words(EN, {"reason": "server", "eta_ms": None})
    assert "서버" in resuming_words(KO, {"reason": "server", "eta_ms": 900})


def receipt(**usage: int) -> dict[str, str]:
    timing = {"queue_ms": 0, "ttft_ms": 10, "itl_p50_ms": 1, "itl_p95_ms": 1, "total_ms": 20, "tokens_per_second": 5}
    counts = {"prompt_tokens": 200, "completion_tokens": 5, "cached_tokens": 192} | usage
    return dict(receipt_rows(EN, {"finish_reason": "stop", "usage": counts, "timing": timing}))


def test_receipt_tells_the_cached_share_and_preemptions() -> None:
    assert receipt()["Cached tokens"] == "192 (96 %)"
    assert receipt(cached_tokens=0)["Cached tokens"] == "0 (0 %)"
    assert receipt(preemptions=2)["Preemptions"] == "2"
    assert "Preemptions" not in receipt(preemptions=0)
    assert "Preemptions" not in receipt()


def test_restarting_tells_when() -> None:
    assert stage_words(EN, EngineStatus(Stage.RESTARTING, "lost", retry_seconds=4)) == "Restarting in 4 s"
    assert stage_words(EN, EngineStatus(Stage.RESTARTING, "lost")) == "Restarting the model"
