"""The remote engine against a small OpenAI-compatible server."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from engine.base import ChatMessage, EngineStatus, Sampling, Stage, Written
from engine.config import EngineConfig
from engine.errors import EngineConfigError, EngineError, EngineUnavailable
from engine.remote_engine import RemoteEngine


class Remote:
    """What the server was asked, and how it should behave."""

    def __init__(self) -> None:
        self.url = ""
        self.bodies: list[dict[str, object]] = []
        self.closed = asyncio.Event()
        self.status = 200

    async def models(self, request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer key":
            return JSONResponse({"error": {"message": "no"}}, 401)
        return JSONResponse({"data": [{"id": "big", "max_model_len": 4096}, {"id": "other"}]})

    async def chat(self, request: Request) -> Response:
        body = await request.json()
        self.bodies.append(body)
        if self.status != 200:
            return JSONResponse({"error": {"message": "broken"}}, self.status)
        return StreamingResponse(self._chunks(body["max_tokens"]), media_type="text/event-stream")

    async def _chunks(self, count: int) -> AsyncIterator[str]:
        try:
            yield f"data: {json.dumps({'choices': [{'delta': {'role': 'assistant', 'content': ''}}]})}\n\n"
            for number in range(count):
                await asyncio.sleep(0.001)
                last = "length" if number == count - 1 else None
                choice = {"delta": {"content": f"말{number} "}, "finish_reason": last}
                yield f": comment\n\ndata: {json.dumps({'choices': [choice]})}\n\n"
            yield f"data: {json.dumps({'choices': [], 'usage': {}})}\n\ndata: [DONE]\n\n"
        finally:
            self.closed.set()


@pytest.fixture
async def remote() -> AsyncIterator[Remote]:
    remote = Remote()
    routes = [Route("/v1/models", remote.models), Route("/v1/chat/completions", remote.chat, methods=["POST"])]
    listener = socket.create_server(("127.0.0.1", 0))
    remote.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_config=None))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    yield remote
    server.should_exit = True
    await task


def engine(remote: Remote, **values: object) -> RemoteEngine:
    given = {"kind": "openai", "base_url": remote.url, "api_key": "key"} | values
    return RemoteEngine(EngineConfig.model_validate(given))


async def test_it_streams_and_passes_the_sampling_on(remote: Remote) -> None:
    stages: list[EngineStatus] = []
    one = engine(remote)
    await one.start(stages.append)
    assert stages[-1].stage is Stage.READY
    assert (one.info.name, one.info.max_model_len) == ("big", 4096)
    prompt = await one.render([ChatMessage("user", "안녕")])
    sampling = Sampling(max_tokens=3, temperature=0, seed=7, stop=("끝",))
    deltas = [delta async for delta in one.stream("id", prompt, sampling)]
    assert "".join(delta.text for delta in deltas) == "말0 말1 말2 "
    assert deltas[-1].finish_reason == "length"
    assert remote.bodies[-1] == {
        "model": "big",
        "messages": [{"role": "user", "content": "안녕"}],
        "max_tokens": 3,
        "stream": True,
        "temperature": 0,
        "seed": 7,
        "stop": ["끝"],
    }
    await one.stop()


async def test_closing_the_stream_closes_the_connection(remote: Remote) -> None:
    one = engine(remote)
    await one.start(lambda status: None)
    remote.closed.clear()
    prompt = await one.render([ChatMessage("user", "안녕")])
    async with aclosing(one.stream("id", prompt, Sampling(max_tokens=100_000))) as deltas:
        await anext(deltas)
    await asyncio.wait_for(remote.closed.wait(), 5)
    await one.stop()


async def test_it_cannot_go_on_in_the_middle(remote: Remote) -> None:
    one = engine(remote)
    await one.start(lambda status: None)
    assert not one.info.resumable
    prompt = await one.render([ChatMessage("user", "안녕")])
    with pytest.raises(EngineError, match="cannot go on in the middle of an answer"):
        await anext(one.stream("id", prompt, Sampling(max_tokens=3), Written((0,), "말")))
    nothing_written = one.stream("id", prompt, Sampling(max_tokens=1), Written((), ""))
    assert "".join([delta.text async for delta in nothing_written]) == "말0 "
    await one.stop()


async def test_faults_are_said_in_words(remote: Remote) -> None:
    await fails(engine(remote, api_key="wrong"), EngineConfigError, "refused CHAT_ENGINE__API_KEY")
    await fails(engine(remote, model="missing"), EngineConfigError, "offers only big, other")
    await fails(engine(remote, base_url="http://127.0.0.1:1/v1"), EngineUnavailable, "does not answer")
    remote.status = 500
    await fails(engine(remote, model="other"), EngineError, "500")
    with pytest.raises(ValueError, match="BASE_URL"):
        engine(remote, base_url=None)


async def fails(one: RemoteEngine, kind: type[EngineError], words: str) -> None:
    with pytest.raises(kind, match=words):
        await one.start(lambda status: None)
    await one.stop()
