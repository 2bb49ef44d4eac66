"""Stop frees the engine, wherever the answer is: in the queue, in prefill, in decode. Hanging up does not stop."""

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.e2e.api import chatting, sign_in, text_of
from tests.e2e.resuming import Event, Service, follow, service, wait_for
from tests.rig.fixtures import RAISED_LIMITS

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(300)]

SETTINGS = {"CHAT_ENGINE__MODEL": "demo", "CHAT_ENGINE__MAX_NUM_SEQS": "1", **RAISED_LIMITS}
SHORT, LONG = "길게 설명해 주세요", "긴 이야기를 설명해 주세요. " * 900
ENDLESS = {"max_tokens": 100_000, "ignore_eos": True}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with service(tmp_path_factory.mktemp("stop") / "data", SETTINGS) as instance:
        yield instance


@pytest.fixture
def client(running: Service) -> Iterator[httpx.Client]:
    with sign_in(running.url) as signed_in:
        yield signed_in
        # vLLM sets it with its next step, which may come a moment after the abort.
        wait_for(lambda: gauge(signed_in, "vllm:num_requests_running") == 0, 5)
        assert gauge(signed_in, "chat_generations_running") == 0
        assert gauge(signed_in, "chat_queue_depth") == 0


def gauge(client: httpx.Client, name: str) -> float:
    page = client.get("/metrics").text.splitlines()
    rows = [line for line in page if line.split(" ")[0].split("{")[0] == name]
    assert rows, f"{name} is missing"
    return sum(float(row.rsplit(" ", 1)[1]) for row in rows)


def newest(client: httpx.Client) -> Event:
    """The answer that is being written; a client that takes JSON finds it like this."""
    found: list[Event] = []

    def there() -> bool:
        for conversation in client.get("/api/conversations").json()["items"][:1]:
            found.extend(client.get(f"/api/conversations/{conversation['id']}/messages").json()["items"][1:])
        return bool(found)

    wait_for(there, 10)
    return found[-1]


@contextmanager
def streaming(client: httpx.Client, content: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    """The generation's id, and how its client sees the end."""
    with chatting(client, content, **ENDLESS) as stream:
        first = next(stream)
        yield first["data"]["generation_id"], lambda: list(stream)[-1]["data"]


@contextmanager
def waiting(client: httpx.Client, content: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    """The same with `Accept: application/json`."""
    body = {"content": content, "params": ENDLESS}
    with ThreadPoolExecutor(1) as pool:
        post = pool.submit(client.post, "/api/chat", json=body, headers={"Accept": "application/json"})
        yield newest(client)["generation_id"], lambda: post.result(30).json()


KINDS = pytest.mark.parametrize("asking", [streaming, waiting])
Asking = Callable[[httpx.Client, str], Any]


def until(client: httpx.Client, generation_id: str, kind: str, count: int = 1) -> list[Event]:
    """Its events up to so many of this kind."""
    events: list[Event] = []
    for event in follow(client, generation_id):
        events.append(event)
        count -= event["event"] == kind
        if count == 0:
            return events
    raise AssertionError(f"ended before {kind}: {events[-1]}")


def stop(client: httpx.Client, generation_id: str) -> list[Event]:
    """Stop, and all its events."""
    assert client.delete(f"/api/generations/{generation_id}").status_code == 204
    events = list(follow(client, generation_id))
    assert (events[-1]["event"], events[-1]["data"]["finish_reason"]) == ("done", "cancelled")
    message = newest(client)
    assert (message["status"], message["content"]) == ("cancelled", text_of(events))
    return events


@KINDS
def test_in_the_queue(running: Service, client: httpx.Client, asking: Asking) -> None:
    with sign_in(running.url) as other, streaming(other, SHORT) as (first, _):
        until(other, first, "delta")
        with asking(client, SHORT) as (second, end):
            assert until(client, second, "queued")[0]["data"]["position"] == 1
            events = stop(client, second)
            assert end()["finish_reason"] == "cancelled"
        assert [event["event"] for event in events] == ["queued", "done"]
        assert gauge(client, "vllm:num_requests_running") == 1
        stop(other, first)


@KINDS
def test_in_prefill(client: httpx.Client, asking: Asking) -> None:
    # Begins anew each time, or the prefix cache has read it already.
    with asking(client, f"{uuid4()} {LONG}") as (generation_id, end):
        until(client, generation_id, "started")
        events = stop(client, generation_id)
        assert end()["finish_reason"] == "cancelled"
    assert "prefilled" not in [event["event"] for event in events], "the prompt was too short for this test"


@KINDS
def test_in_decode(client: httpx.Client, asking: Asking) -> None:
    with asking(client, SHORT) as (generation_id, end):
        until(client, generation_id, "delta", 5)
        assert gauge(client, "vllm:num_requests_running") == 1
        stop(client, generation_id)
        assert end()["finish_reason"] == "cancelled"


@pytest.mark.parametrize("accept", ["text/event-stream", "application/json"])
def test_hanging_up_does_not_stop(client: httpx.Client, accept: str) -> None:
    body, headers = {"content": SHORT, "params": ENDLESS}, {"Accept": accept}
    brief = httpx.Timeout(10, read=0.5)
    with (
        suppress(httpx.ReadTimeout),
        client.stream("POST", "/api/chat", json=body, headers=headers, timeout=brief) as response,
    ):
        next(response.iter_bytes())  # of a JSON answer nothing comes
    generation_id = newest(client)["generation_id"]
    until(client, generation_id, "delta", 300)
    assert gauge(client, "vllm:num_requests_running") == 1
    stop(client, generation_id)


def dial(client: httpx.Client, path: str, said: str, *, stream: bool) -> socket.socket:
    """Ask for an endless answer on a connection that can be hung up."""
    turns = [{"role": "user", "content": said}]
    body: dict[str, Any] = {"stream": stream, "model": "vllm-chat-demo", "ignore_eos": True, "max_tokens": 7000}
    body |= {"prompt": said} if path == "/v1/completions" else {"input": said} if "responses" in path else {}
    body |= {"messages": turns} if "prompt" not in body and "input" not in body else {}
    data = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {client.base_url.host}\r\nAuthorization: {client.headers['Authorization']}\r\n"
    )
    head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    connection = socket.create_connection((client.base_url.host, client.base_url.port or 80))
    connection.sendall(head.encode() + data)
    return connection


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions", "/v1/messages"])
def test_hanging_up_on_v1_frees_the_engine(client: httpx.Client, path: str, stream: bool) -> None:
    with dial(client, path, f"{uuid4()} {LONG}"[:9000], stream=stream):  # in prefill
        wait_for(lambda: gauge(client, "vllm:num_requests_running") == 1, 10)
    wait_for(lambda: gauge(client, "chat_generations_running") == 0, 5)
    wait_for(lambda: gauge(client, "vllm:num_requests_running") == 0, 5)
    # Anthropic's API has no `ignore_eos`.
    said = "아키텍처를 자세히 설명해 줘" if path == "/v1/messages" else SHORT
    with dial(client, path, said, stream=stream):  # in decode
        wait_for(lambda: gauge(client, "vllm:num_requests_running") == 1, 10)
        written = gauge(client, "vllm:generation_tokens_total")
        wait_for(lambda: gauge(client, "vllm:generation_tokens_total") > written + 20, 10)
        with dial(client, path, SHORT, stream=stream):  # in the queue
            wait_for(lambda: gauge(client, "chat_queue_depth") == 1, 10)
        wait_for(lambda: gauge(client, "chat_queue_depth") == 0, 5)
        assert gauge(client, "vllm:num_requests_running") == 1
    wait_for(lambda: gauge(client, "vllm:num_requests_running") == 0, 5)
    assert gauge(client, "vllm:num_requests_waiting") == 0
