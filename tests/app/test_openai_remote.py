"""`/v1` for the models of other servers: passed on, counted by their word, answered by the fallback, hung up."""

import json
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from starlette.responses import Response

from app.config import Settings
from tests.app.openai_calls import ALL, CHAT, calling, rows, scripted_api, until
from tests.app.serving import Served, serving
from tests.app.test_limits import used
from tests.scripted_remote import KEY, ScriptedRemote, chunk, refused, scripted_remote, sent

USAGE = {"prompt_tokens": 40, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 32}}
BIG = ALL[CHAT] | {"model": "big", "max_tokens": 50}
WHOLE = {"choices": [{"message": {"content": "whole"}, "finish_reason": "stop"}], "usage": USAGE}


@pytest.fixture
async def remote() -> AsyncIterator[ScriptedRemote]:
    async with scripted_remote() as server:
        server.usage = USAGE
        yield server


@pytest.fixture
async def beside(make_settings: Callable[..., Settings], remote: ScriptedRemote) -> AsyncIterator[Served]:
    """A service with the scripted engine and `big` of the other server, whose fallback it is."""
    big = {"name": "big", "base_url": remote.url, "api_key": KEY, "fallback": "default"}
    async with serving(make_settings(models=[big])) as served:
        scripted_api(served)
        for backend in served.services.backends.all():
            await backend.supervisor.wait_ready()
        remote.bodies.clear()
        yield served


@pytest.fixture
async def client(beside: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with beside.client("first@example.com") as signed_in:
        yield signed_in


def data(text: str) -> list[str]:
    return [line.removeprefix("data: ") for line in text.split("\n") if line.startswith("data: ")]


async def test_all_models_are_listed(client: httpx.AsyncClient) -> None:
    assert [one["id"] for one in (await client.get("/v1/models")).json()["data"]] == [
        "scripted",
        "adapter",
        "big",
    ]


@pytest.mark.parametrize("asked", [True, False])
async def test_a_stream_is_passed_on_and_counted(
    beside: Served, client: httpx.AsyncClient, remote: ScriptedRemote, asked: bool
) -> None:
    options = {"stream_options": {"include_usage": True}} if asked else {}
    answer = await client.post(CHAT, json=BIG | {"stream": True, "priority": 9} | options)
    assert answer.headers["content-type"].startswith("text/event-stream")
    chunks = [json.loads(one) for one in data(answer.text)[:-1]]
    text = "".join(c["choices"][0]["delta"].get("content", "") for c in chunks if c["choices"])
    assert text == remote.reply
    assert data(answer.text)[-1] == "[DONE]"
    assert ("usage" in chunks[-1]) == asked
    (body,) = remote.bodies
    assert body == BIG | {"stream": True, "stream_options": {"include_usage": True}}
    (row,) = await rows(beside, 1)
    tokens = (row["prompt_tokens"], row["completion_tokens"], row["cached_tokens"])
    assert (row["model"], row["status"], tokens) == ("big", "done", (40, 7, 32))
    assert (await used(client, "tokens_per_day"))["used"] == 47


async def test_an_answer_in_one_piece(beside: Served, client: httpx.AsyncClient, remote: ScriptedRemote) -> None:
    remote.faults = [Response(json.dumps(WHOLE), media_type="application/json")]
    assert (await client.post(CHAT, json=BIG)).json() == WHOLE
    assert (await rows(beside, 1))[0]["completion_tokens"] == 7


@pytest.mark.parametrize(
    ("fault", "status"), [(refused(400, "bad"), 400), (refused(429, "busy", {"Retry-After": "3"}), 429)]
)
async def test_refusals_of_the_request_are_passed_on(
    client: httpx.AsyncClient, remote: ScriptedRemote, fault: Response, status: int
) -> None:
    remote.faults = [fault]
    answer = await client.post(CHAT, json=BIG)
    assert answer.status_code == status
    assert answer.json()["error"]["message"] in ("bad", "busy")
    assert answer.headers.get("Retry-After") == ("3" if status == 429 else None)


async def test_a_fault_before_the_first_byte_is_tried_again(client: httpx.AsyncClient, remote: ScriptedRemote) -> None:
    remote.faults = [refused(500), refused(503)]
    answer = await client.post(CHAT, json=BIG | {"stream": True})
    assert data(answer.text)[-1] == "[DONE]"
    assert len(remote.bodies) == 3


@pytest.mark.parametrize("fault", [refused(500), refused(401, f"wrong key {KEY}")], ids=["failing", "key"])
async def test_the_fallback_answers(
    beside: Served, client: httpx.AsyncClient, remote: ScriptedRemote, fault: Response
) -> None:
    remote.broken = fault
    answer = await client.post(CHAT, json=BIG)
    assert (answer.status_code, answer.json()["model"]) == (200, "scripted")
    assert KEY not in answer.text
    (row,) = await rows(beside, 1)
    assert (row["model"], row["status"], row["completion_tokens"]) == ("scripted", "done", 3)
    for backend in beside.services.backends.all():
        assert backend.admission.running == 0


async def test_a_stream_that_breaks_off_says_so(
    beside: Served, client: httpx.AsyncClient, remote: ScriptedRemote
) -> None:
    remote.faults = [sent(chunk({"content": "half"}))]
    answer = await client.post(CHAT, json=BIG | {"stream": True})
    assert "half" in answer.text
    (row,) = await rows(beside, 1)
    assert (row["status"], row["completion_tokens"]) == ("error", 1)
    assert row["prompt_tokens"] > 5, "nobody told the tokens of the prompt: they are guessed, not given away"


@pytest.mark.parametrize("stream", [True, False])
async def test_hanging_up_here_hangs_up_there(
    beside: Served, client: httpx.AsyncClient, remote: ScriptedRemote, stream: bool
) -> None:
    remote.gate.clear()
    async with calling(client, model="big", max_tokens=50, stream=stream):
        await until(lambda: remote.running)
    await until(lambda: not remote.running)
    assert (await rows(beside, 1))[0]["status"] == "cancelled"


async def test_embeddings_of_another_server(client: httpx.AsyncClient, remote: ScriptedRemote) -> None:
    own = await client.post("/v1/embeddings", json={"model": "scripted", "input": "안녕"})
    assert (own.status_code, own.json()["error"]["param"]) == (400, "model")
    # This one has no such route, and says so itself.
    assert (await client.post("/v1/embeddings", json={"model": "big", "input": "안녕"})).status_code == 404
