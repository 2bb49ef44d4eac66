"""Engines and servers that are killed in the middle of real answers: the text is that of an undisturbed run."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from random import Random
from typing import Any

import httpx
import pytest

from tests.e2e.api import sign_in, text_of
from tests.e2e.resuming import Event, Service, ask, assert_whole, follow_through, service

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(400)]

# bf16 prefill and decode may pick different tokens, float32 at temperature 0 does not.
SETTINGS = {"CHAT_ENGINE__MODEL": "demo", "CHAT_ENGINE__DTYPE": "float32", "CHAT_GENERATIONS__HANG_SECONDS": "3"}
TOKENS = 800
KOREAN, ENGLISH = "아키텍처를 자세히 설명해 줘", "Explain the architecture in detail"
MORE = ("이 서비스는 무엇인가요?", "Which GPUs does it use?")
PARAMS = {"temperature": 0, "max_tokens": TOKENS, "ignore_eos": True}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with service(tmp_path_factory.mktemp("kill") / "data", SETTINGS) as instance:
        yield instance


@pytest.fixture(scope="module")
def client(running: Service) -> Iterator[httpx.Client]:
    with sign_in(running.url) as signed_in:
        yield signed_in


@pytest.fixture(scope="module")
def undisturbed(client: httpx.Client) -> Any:
    """`undisturbed(question)`: the events of an answer that nothing has hurt."""

    @cache
    def answer(question: str) -> list[Event]:
        events = follow_through(client, ask(client, question, **PARAMS)["data"]["generation_id"])
        assert_whole(client, events, resumed=[])
        assert events[-1]["data"]["usage"]["completion_tokens"] == TOKENS
        return events

    return answer


def moment(whole: list[Event], earliest: float, latest: float, seed: str) -> int:
    """After how many characters it happens: a random place between these parts of the answer."""
    return max(1, round(len(text_of(whole)) * Random(seed).uniform(earliest, latest)))


def assert_same(client: httpx.Client, events: list[Event], whole: list[Event], resumed: list[str]) -> None:
    assert_whole(client, events, resumed)
    assert text_of(events) == text_of(whole)
    done, expected = events[-1]["data"], whole[-1]["data"]
    assert done["finish_reason"] == expected["finish_reason"]
    for kind in ("prompt_tokens", "completion_tokens"):
        assert done["usage"][kind] == expected["usage"][kind]


@pytest.mark.parametrize(("question", "number"), [(KOREAN, signal.SIGKILL), (ENGLISH, signal.SIGSTOP)])
def test_a_lost_engine(
    running: Service, client: httpx.Client, undisturbed: Any, question: str, number: signal.Signals
) -> None:
    whole = undisturbed(question)
    token = moment(whole, 0.0, 0.4, seed=f"{question} {number}")
    generation_id = ask(client, question, **PARAMS)["data"]["generation_id"]
    events = follow_through(client, generation_id, {token: partial(running.signal_engine, number)})
    assert_same(client, events, whole, ["engine"])


def test_a_killed_server(running: Service, client: httpx.Client, undisturbed: Any) -> None:
    whole = undisturbed(ENGLISH)
    token = moment(whole, 0.0, 0.4, seed=ENGLISH)
    generation_id = ask(client, ENGLISH, **PARAMS)["data"]["generation_id"]
    events = follow_through(client, generation_id, {token: running.kill_and_start})
    assert_same(client, events, whole, ["server"])


def test_first_the_engine_then_the_server(running: Service, client: httpx.Client, undisturbed: Any) -> None:
    whole = undisturbed(KOREAN)
    first, second = moment(whole, 0.0, 0.25, seed="first"), moment(whole, 0.3, 0.5, seed="second")
    generation_id = ask(client, KOREAN, **PARAMS)["data"]["generation_id"]
    at: dict[int, Callable[[], None]] = {
        first: partial(running.signal_engine, signal.SIGKILL),
        second: running.kill_and_start,
    }
    assert_same(client, follow_through(client, generation_id, at), whole, ["engine", "server"])


def test_four_answers_and_one_killed_server(running: Service, client: httpx.Client, undisturbed: Any) -> None:
    questions = (KOREAN, ENGLISH, *MORE)
    wholes = [undisturbed(question) for question in questions]
    ids = [ask(client, question, **PARAMS)["data"]["generation_id"] for question in questions]
    token = moment(wholes[0], 0.1, 0.3, seed="four")
    plans: list[dict[int, Callable[[], None]]] = [{token: running.kill_and_start}, {}, {}, {}]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(partial(follow_through, client), ids, plans))
    for events, whole in zip(answers, wholes, strict=True):
        assert_same(client, events, whole, ["server"])


def test_the_log_has_no_traceback(running: Service) -> None:
    assert running.process is not None
    assert "Traceback" not in running.process.log()
