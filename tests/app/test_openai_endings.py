"""How a call of `/v1` ends when it is not simply answered: hung up, lost engine, long queue, slow reader."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from app.config import Settings
from app.openai import answer
from tests.app.openai_calls import ALL, CHAT, calling, rows, scripted_api, until
from tests.app.serving import Served, serving
from tests.app.test_limits import used
from tests.scripted_engine import ScriptedEngine


@pytest.fixture
async def one(make_settings: Callable[..., Settings]) -> AsyncIterator[Served]:
    """A service whose engine takes one request at a time."""
    async with serving(make_settings(engine={"max_num_seqs": 1}), ScriptedEngine(slots=1)) as served:
        await served.services.engine.wait_ready()
        yield served


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", ALL)
async def test_hanging_up_frees_the_engine_and_what_was_used_is_counted(one: Served, path: str, stream: bool) -> None:
    api = scripted_api(one)
    async with one.client("first@example.com") as client:
        api.gate.clear()
        async with calling(client, path, stream=stream):
            await until(lambda: api.running)
        await until(lambda: not api.running)
        (row,) = await rows(one, 1)
        assert (row["status"], row["prompt_tokens"], row["completion_tokens"]) == ("cancelled", 3, 0)
        assert one.services.generations.admission.running == 0
        assert (await used(client, "concurrent"))["used"] == 0


@pytest.mark.parametrize("stream", [False, True])
async def test_hanging_up_in_the_queue(one: Served, stream: bool) -> None:
    api = scripted_api(one)
    admission = one.services.generations.admission
    async with one.client("first@example.com") as client:
        api.gate.clear()
        async with calling(client) as first:
            await until(lambda: api.running)
            async with calling(client, stream=stream):
                await until(lambda: admission.waiting == 1)
            await until(lambda: admission.waiting == 0)
            api.gate.set()
            assert (await first).status_code == 200
    assert len(api.bodies) == 1
    assert sorted(row["status"] for row in await rows(one, 2)) == ["cancelled", "done"]


async def test_a_stream_that_waits_is_kept_alive(one: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer, "PING_SECONDS", 0.02)
    api = scripted_api(one)
    async with one.client("first@example.com") as client:
        api.gate.clear()
        async with calling(client):
            await until(lambda: api.running)
            async with client.stream("POST", CHAT, json=ALL[CHAT] | {"stream": True}) as response:
                lines = response.aiter_lines()
                assert await anext(lines) == ": ping"
                api.status = 400  # the response has begun: a refusal can only be an event now
                api.gate.set()
                rest = [line async for line in lines if line and line != ": ping"]
    assert rest == ['data: {"error":{"message":"no","code":400}}', "data: [DONE]"]


async def test_without_an_engine(one: Served) -> None:
    api = scripted_api(one)
    async with one.client("first@example.com") as client:
        one.engine.may_start.clear()
        one.engine.dead = True
        one.services.engine.suspect()
        await until(lambda: not one.services.engine.ready)
        for path, body in ALL.items():
            refused = await client.post(path, json=body)
            assert refused.status_code == 503
            assert int(refused.headers["Retry-After"]) >= 1
            assert "not ready" in refused.json()["error"]["message"]
        one.engine.may_start.set()
        await one.services.engine.wait_ready()
        assert (await client.post(CHAT, json=ALL[CHAT])).status_code == 200
    assert len(api.bodies) == 1


async def test_an_engine_that_dies_under_a_call(one: Served) -> None:
    api = scripted_api(one)
    async with one.client("first@example.com") as client:
        api.status = 500
        one.engine.dead, one.engine.may_start = False, one.engine.may_start
        api_app, died = api.app, asyncio.Event()

        async def dies(scope, receive, send):  # type: ignore[no-untyped-def]
            one.engine.dead = True
            died.set()
            await api_app(scope, receive, send)

        api.app = dies  # type: ignore[method-assign]
        refused = await client.post(CHAT, json=ALL[CHAT])
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "engine_not_ready")
        assert died.is_set()
        api.app, api.status = api_app, 200  # type: ignore[method-assign]
        await until(lambda: one.services.engine.restarts == 1 and one.services.engine.ready)
        assert (await client.post(CHAT, json=ALL[CHAT])).status_code == 200
    assert [row["status"] for row in await rows(one, 2)] == ["error", "done"]


async def test_an_engine_that_dies_under_a_stream(one: Served) -> None:
    api = scripted_api(one)
    async with one.client("first@example.com") as client:
        api.gate.clear()
        async with calling(client, stream=True) as call:
            await until(lambda: api.running)
            api.broken = True
            api.gate.set()
            assert "engine died" in (await call).text
        (row,) = await rows(one, 1)
        assert (row["status"], row["error_code"], row["prompt_tokens"]) == ("error", "engine_not_ready", 3)


async def test_a_reader_who_does_not_read_holds_nothing_back_but_his_own(one: Served) -> None:
    """Nothing is gathered for him: the engine's own buffer joins the tokens."""
    api = scripted_api(one, "x" * 65536 + (" " + "x" * 65536) * 400)
    _, writer = await asyncio.open_connection(*one.url.removeprefix("http://").split(":"))
    async with one.client("first@example.com") as client:
        body = b'{"messages": [], "stream": true}'
        head = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nAuthorization: {client.headers['Authorization']}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await until(lambda: api.running)
        # Others are answered meanwhile; his own answer has not come further.
        assert (await client.get("/v1/models")).status_code == 200
        assert api.running == 1, "everything was written to somebody who does not read"
        writer.transport.abort()
        await until(lambda: not api.running)
        (row,) = await rows(one, 1)
        assert row["status"] == "cancelled"
        assert 0 < row["completion_tokens"] < 400


async def test_hanging_up_amid_the_body_is_no_failure(one: Served, capsys: pytest.CaptureFixture[str]) -> None:
    _, writer = await asyncio.open_connection(*one.url.removeprefix("http://").split(":"))
    async with one.client("first@example.com") as client:
        head = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nAuthorization: {client.headers['Authorization']}\r\n"
        writer.write(f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode())
        await writer.drain()
        await asyncio.sleep(0.2)  # the head is to be read before the end of the connection
        writer.close()
        path = f'chat_http_requests_total{{method="POST",route="{CHAT}",status="499"}}'
        async with asyncio.timeout(10):
            while path not in (await client.get("/metrics")).text:
                await asyncio.sleep(0.02)
    assert "Traceback" not in capsys.readouterr().out
