"""The gauges of what the service stands on, and of who is there."""

import asyncio
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from prometheus_client import generate_latest

from app.config import Settings
from app.db import Database
from app.observability import gauges
from app.observability.activity import Activity
from app.observability.certificate import certificate_expiry
from app.observability.surroundings import Surroundings
from engine.gpu import GpuReading
from tests.app.serving import Served, chat
from tests.rig.certificates import write_certificate
from tests.rig.ports import free_port
from tests.rig.redis import redis


def figures() -> dict[str, float]:
    lines = generate_latest().decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


async def looked(settings: Settings) -> dict[str, float]:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    db = Database(settings)
    surroundings = Surroundings(settings, db)
    await surroundings.look()
    await surroundings.close()
    await db.close()
    return figures()


async def test_the_database_and_the_disk(make_settings: Callable[..., Settings], database_url: str) -> None:
    found = await looked(make_settings(database={"url": database_url}))
    assert found["chat_database_up"] == 1
    assert found["chat_database_ping_seconds"] > 0
    assert found['chat_database_connections{state="idle"}'] == 1
    assert 0 < found["chat_disk_free_bytes"] < found["chat_disk_size_bytes"]


async def test_a_database_that_is_away(make_settings: Callable[..., Settings]) -> None:
    gone = f"postgresql+asyncpg://chat@127.0.0.1:{free_port()}/chat"
    assert (await looked(make_settings(database={"url": gone})))["chat_database_up"] == 0


async def test_redis_there_and_away(make_settings: Callable[..., Settings]) -> None:
    with redis() as instance:
        settings = make_settings(redis={"url": instance.url})
        assert (await looked(settings))['chat_redis_up{server="redis"}'] == 1
    assert (await looked(settings))['chat_redis_up{server="redis"}'] == 0


def test_a_gpu_that_is_gone_has_no_figures() -> None:
    gauges.show_gpus([GpuReading(0, 50, 1, 2, None, 70), GpuReading(1, 60, 1, 2, 200.0, 71)])
    assert figures()['gpu_utilization_percent{gpu="1"}'] == 60
    gauges.show_gpus([GpuReading(0, 50, 1, 2, None, 70)])
    found = figures()
    assert found['gpu_temperature_celsius{gpu="0"}'] == 70
    assert not [name for name in found if 'gpu="1"' in name or name.startswith("gpu_power")]
    gauges.show_gpus([])
    assert not [name for name in figures() if name.startswith("gpu_")]


async def test_the_certificate_of_the_public_url(make_settings: Callable[..., Settings], tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*write_certificate(tmp_path))
    ended = asyncio.Event()

    async def until_it_ends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        ended.set()

    server = await asyncio.start_server(until_it_ends, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    async with server:
        found = await looked(make_settings(public_url=f"https://localhost:{port}"))
        await ended.wait()
    # It is valid for a day.
    assert found['chat_certificate_expiry_timestamp_seconds{host="localhost"}'] - time.time() == pytest.approx(
        86400, abs=600
    )
    gone = await looked(make_settings(public_url=f"https://localhost:{port}"))
    assert not [name for name in gone if name.startswith("chat_certificate")]
    assert await certificate_expiry("http://localhost") is None


def test_active_users_are_those_of_the_last_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1000.0
    monkeypatch.setattr("app.observability.activity.time.monotonic", lambda: moment)
    activity, early, late = Activity(), uuid4(), uuid4()
    activity.saw(early)
    activity.saw(late)
    moment += 200
    activity.saw(late)
    assert activity.active() == 2
    moment += 150
    assert activity.active() == 1


def test_no_more_users_than_a_bound_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.observability.activity.MAX_REMEMBERED", 10)
    activity = Activity()
    for _ in range(25):
        activity.saw(uuid4())
    assert activity.active() == 10


async def test_series_do_not_grow_with_users_paths_or_models(served: Served, client: httpx.AsyncClient) -> None:
    async def series() -> set[str]:
        page = (await client.get("/metrics")).text
        return {line.rsplit(" ", 1)[0] for line in page.splitlines() if not line.startswith("#")}

    async def everything(name: str) -> None:
        async with served.client(f"{name}@example.com") as somebody:
            await chat(somebody, f"hello {name}")
            for path in (f"/{name}", f"/api/{name}", f"/c/{uuid4()}", f"/v1/models/{name}"):
                await somebody.get(path)
            await somebody.post("/api/chat", json={"content": "hello", "model": name})
            await somebody.post("/v1/chat/completions", json={"model": name, "messages": []})
            await somebody.request("PROPFIND" if name > "c" else "BREW", "/api/keys")

    await everything("a")
    await everything("d")
    await series()  # which is a request too
    before = await series()
    for name in ("b", "e", "f", "g"):
        await everything(name)
    assert await series() - before == set()
    assert "chat_active_users 7.0" in (await client.get("/metrics")).text
