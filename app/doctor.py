"""`vllm-chat doctor`: what works here, what does not, and what to do about it."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx

from app.config import Settings
from app.db import Database
from app.errors import AppError
from engine import checksums
from engine.choose import choose_model
from engine.download import local_copy
from engine.errors import EngineError
from engine.hardware import describe, gpus, vllm_build

Say = Callable[[str], None]
Finding = tuple[bool, str]
TIMEOUT = 3.0


async def examine(settings: Settings, say: Say) -> int:
    """Print one line per check; the number of failed ones is the exit code."""
    failed = 0
    async for ok, line in _checks(settings):
        say(f"{'ok  ' if ok else 'FAIL'}  {line}")
        failed += not ok
    return failed


async def _checks(settings: Settings) -> AsyncIterator[Finding]:
    yield True, f"machine: {describe()}"
    yield _vllm(settings)
    yield await asyncio.to_thread(_model, settings)
    yield await _database(settings)
    yield await _redis(settings)
    async for finding in _server(settings):
        yield finding


def _vllm(settings: Settings) -> Finding:
    if settings.engine.kind == "openai":
        return True, f"engine: remote, {settings.engine.base_url}"
    build = vllm_build()
    if build is None:
        return (
            False,
            "engine: vLLM is not installed. Run `make run`, or set CHAT_ENGINE__KIND=openai and CHAT_ENGINE__BASE_URL.",
        )
    if gpus() and build[0] == "cpu":
        return False, "engine: there is a GPU, but vLLM's CPU build is installed. Delete .venv and run `make run`."
    return True, f"engine: vLLM {build[1]}, {build[0]} build"


def _model(settings: Settings) -> Finding:
    if settings.engine.kind == "openai":
        return True, f"model: {settings.engine.model} at the remote engine"
    try:
        choice = choose_model(settings.engine.model, gpus(), settings.engine.gpu_memory_utilization)
    except EngineError as error:
        return False, f"model: {error}"
    shown = f"model: {choice.name} ({choice.reason})"
    directory = local_copy(choice.source)
    if directory is None:
        return True, f"{shown}, still to be fetched"
    if choice.is_demo or not checksums.recorded(directory):
        return True, f"{shown}, without recorded checksums"
    if changed := checksums.differences(directory):
        return (
            False,
            f"{shown}: {', '.join(changed)} changed since it was pulled. Delete {directory} and pull it again.",
        )
    return True, f"{shown}, its checksums are right"


async def _database(settings: Settings) -> Finding:
    db = Database(settings)
    shown = db.url.render_as_string(hide_password=True)
    try:
        await db.ping()
    except AppError:
        return False, f"database: {shown} does not answer. Check CHAT_DATABASE__URL and that it runs."
    finally:
        await db.close()
    return True, f"database: {shown}"


async def _redis(settings: Settings) -> Finding:
    if settings.redis_url is None:
        return True, "redis: not configured, limits live in memory"
    from redis.exceptions import RedisError

    from app.redis_connection import check, connect

    client = connect(settings.redis_url, TIMEOUT, TIMEOUT)
    try:
        await check(client)
    except (RedisError, OSError) as error:
        return False, f"redis: CHAT_REDIS__URL does not answer ({type(error).__name__}). Check that it runs."
    finally:
        await client.aclose()
    return True, "redis: answers"


async def _server(settings: Settings) -> AsyncIterator[Finding]:
    address = settings.public_url or f"http://{settings.host}:{settings.port}"
    async with httpx.AsyncClient(base_url=address, timeout=TIMEOUT) as client:
        try:
            ready = await client.get("/readyz")
        except httpx.HTTPError as error:
            yield True, f"server: not running at {address} ({type(error).__name__})"
            return
        yield ready.status_code == 200, f"server: {address} says {ready.text[:300]}"
        login = await client.get("/login")
        yield login.status_code == 200, f"page: /login answers {login.status_code}"
        # Refused with 401 or 403 means that the way through the proxy works; 404 or 502 means that it does not.
        socket = await client.get("/_nicegui_ws/socket.io/?EIO=4&transport=polling")
        yield socket.status_code in (200, 401, 403), f"websocket path answers {socket.status_code}"
        stream = await client.post("/api/chat", json={"content": "ping"})
        yield stream.status_code == 401, f"event stream path answers {stream.status_code} without a token"
