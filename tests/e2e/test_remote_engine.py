"""Our service before vLLM's own server: as its engine, and as one of several models."""

import json
import re
import time
from collections.abc import Iterator

import httpx
import pytest

from loadtest.bench.vllm_server import NAME, VllmServer, vllm_server
from tests.e2e.api import chatting, sign_in, text_of
from tests.rig.server import Server, server

pytestmark = pytest.mark.vllm

QUESTION = "이 서비스는 무엇인가요?"


@pytest.fixture(scope="module")
def upstream() -> Iterator[VllmServer]:
    """vLLM's own server with the demo model."""
    with vllm_server() as started:
        started.wait()
        yield started


@pytest.fixture(scope="module")
def service(upstream: VllmServer) -> Iterator[Server]:
    """The same server by two names: what it offers, and one of ours."""
    models = [{"name": "beside", "base_url": f"{upstream.url}/v1", "fallback": NAME}]
    settings = {
        "CHAT_ENGINE__KIND": "openai",
        "CHAT_ENGINE__BASE_URL": f"{upstream.url}/v1",
        "CHAT_ENGINE__MODEL": NAME,
        "CHAT_MODELS": json.dumps(models),
    }
    with server(settings) as started:
        started.wait()
        yield started


def running(upstream: VllmServer) -> int:
    """Requests inside vLLM, by its own count."""
    metrics = httpx.get(f"{upstream.url}/metrics", trust_env=False).text
    return int(sum(float(value) for value in re.findall(r"^vllm:num_requests_running\{.*\} (\S+)$", metrics, re.M)))


def test_both_names_answer_and_the_counts_are_those_of_vllm(service: Server, upstream: VllmServer) -> None:
    prompt = {"model": NAME, "messages": [{"role": "user", "content": QUESTION}]}
    count = httpx.post(f"{upstream.url}/tokenize", json=prompt, trust_env=False).json()["count"]
    with sign_in(service.url) as client:
        texts = []
        for model in (NAME, "beside"):
            with chatting(client, QUESTION, model=model, temperature=0, max_tokens=200) as stream:
                events = list(stream)
            done = events[-1]["data"]
            assert done["finish_reason"] in ("stop", "length")
            assert done["usage"]["prompt_tokens"] == count
            assert done["usage"]["completion_tokens"] > 5
            assert sum(event["event"] == "delta" for event in events) > 5
            messages = f"/api/conversations/{events[0]['data']['conversation_id']}/messages"
            assert client.get(messages).json()["items"][1]["model"] == model
            texts.append(text_of(events))
        assert texts[0] == texts[1] != ""


@pytest.mark.parametrize("model", [NAME, "beside"])
def test_stop_frees_the_request_in_vllm(service: Server, upstream: VllmServer, model: str) -> None:
    with sign_in(service.url) as client:
        with chatting(client, QUESTION, model=model, max_tokens=4000, ignore_eos=True) as stream:
            queued = next(stream)
            next(event for event in stream if event["event"] == "delta")
            assert running(upstream) == 1
            assert client.delete(f"/api/generations/{queued['data']['generation_id']}").status_code == 204
            assert [event["data"].get("finish_reason") for event in stream][-1] == "cancelled"
        deadline = time.monotonic() + 10
        while running(upstream):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_message_that_cannot_fit_is_refused_before_or_by_vllm(service: Server) -> None:
    with sign_in(service.url) as client:
        answer = client.post("/api/chat", json={"content": "word " * 9000, "model": "beside"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "context_length_exceeded")


def test_a_server_that_was_killed_is_told_of_and_readiness_goes(service: Server, upstream: VllmServer) -> None:
    """The last one: it kills the server."""
    with sign_in(service.url) as client:
        with chatting(client, QUESTION, model="beside", max_tokens=4000, ignore_eos=True) as stream:
            next(event for event in stream if event["event"] == "delta")
            upstream.kill()
            last = list(stream)[-1]
        assert (last["event"], last["data"]["code"]) == ("error", "engine_lost")
        deadline = time.monotonic() + 20
        while client.get("/readyz").status_code == 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        while (answer := client.post("/api/chat", json={"content": "x", "model": "beside"})).status_code != 503:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert answer.json()["error"]["code"] == "model_unavailable"
