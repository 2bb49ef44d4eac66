"""What the logs never hold, whatever happens: people's data, secrets and texts. And that nobody can write log lines."""

import asyncio
import io
import json
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.config import Settings
from app.db import Database
from app.errors import Unavailable
from app.logs import configure_logging, printable
from engine.errors import EngineError
from tests.app.serving import Served, chat, serving
from tests.scripted_engine import ScriptedEngine

EMAIL = "canary-kim.9271@canary-mail.example"
PASSWORD = "canary-Password-5519"
WRONG = "canary-Wrong-7781"
PHONE = "010-8231-4477"
PROMPT = "canaryprompt4411"
ANSWER = "canaryanswer8812"
CARD = "4111 1111 1111 1111"


@pytest.fixture(params=[True, False], ids=["json", "console"])
def log_text(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Everything that went to the log so far, in both of its forms."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    configure_logging(json=request.param)
    stream = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    yield stream.getvalue
    root.handlers[:], root.level = before, level
    structlog.reset_defaults()


def add_crash(app: FastAPI) -> None:
    """A route with a bug that has private data in its hands and in its exception."""

    async def crash(password: str = PASSWORD) -> None:
        await asyncio.sleep(0)
        raise RuntimeError(f"no account {EMAIL} {PHONE} with {CARD} at postgresql://chat:{PASSWORD}@db/chat")

    app.add_api_route("/api/users/me/crash", crash)
    # In front of the route that answers for unknown paths.
    app.router.routes.insert(0, app.router.routes.pop())


@pytest.fixture
async def served(make_settings: Callable[..., Settings], database_url: str) -> AsyncIterator[Served]:
    engine = ScriptedEngine(reply=f"{ANSWER} and more {PHONE}")
    async with serving(make_settings(database={"url": database_url}), engine) as instance:
        add_crash(instance.app)
        await instance.services.engine.wait_ready()
        yield instance


async def test_canaries(served: Served, log_text: Callable[[], str], capfd: pytest.CaptureFixture[str]) -> None:
    secrets = [EMAIL, PASSWORD, WRONG, PHONE, PROMPT, ANSWER, CARD, EMAIL.upper()]
    async with httpx.AsyncClient(base_url=served.url, timeout=20) as client:
        account = {"email": EMAIL, "password": PASSWORD}
        assert (await client.post("/api/auth/register", json=account)).status_code == 201
        assert (await client.post("/api/auth/register", json=account)).status_code == 409
        for password in (WRONG, PASSWORD):
            signed_in = await client.post("/api/auth/jwt/login", data={"username": EMAIL.upper(), "password": password})
        jwt = signed_in.json()["access_token"]
        secrets.append(jwt)
        client.headers["Authorization"] = f"Bearer {jwt}"
        key = (await client.post("/api/keys", json={"name": f"{PROMPT} key"})).json()["key"]
        secrets.append(key)
        assert (await client.get(f"/api/conversations?q={PROMPT}", headers={"x-api-key": key})).status_code == 200
        await chat(client, f"{PROMPT} {PHONE} {EMAIL}")
        served.engine.failure = EngineError("the engine stumbled")
        assert (await chat(client, PROMPT))[-1]["event"] == "error"
        served.engine.failure = ZeroDivisionError(f"{EMAIL} {PHONE}")  # type: ignore[assignment]
        assert (await chat(client, PROMPT))[-1]["event"] == "error"
        served.engine.failure = None
        statuses = [
            (await client.post("/api/chat", json={"content": f"{PROMPT} " * 9000})).status_code,
            (await client.post("/api/chat", json={"content": PROMPT, "surprise": EMAIL})).status_code,
            (await client.post("/api/chat", content=f'{{"{PROMPT}'.encode())).status_code,
            (await client.get("/api/users/me/crash")).status_code,
            (await client.get(f"/api/nothing?email={EMAIL}")).status_code,
            (await client.get(f"/api/nothing/{EMAIL}")).status_code,
            (await client.get("/api/users/me", headers={"Authorization": f"Bearer {jwt}x"})).status_code,
            (await client.patch("/api/users/me", json={"current_password": WRONG, "password": PASSWORD})).status_code,
        ]
        assert statuses == [413, 422, 422, 500, 404, 404, 401, 403]
        metrics = (await client.get("/metrics")).text
        assert (await client.get("/api/users/me/export")).status_code == 200
        assert (await client.request("DELETE", "/api/users/me", json={"password": WRONG})).status_code == 403
    await served.services.request_log.batches.flush()
    logs, (out, err) = log_text(), capfd.readouterr()
    assert "request failed" in logs
    assert "RuntimeError: no account ***masked***" in logs
    assert "generation ended" in logs
    assert "ZeroDivisionError" in logs
    stored = await log_tables(served.services.db)
    for secret in secrets:
        for place, content in {"log": logs, "stdout": out, "stderr": err, "metrics": metrics, "tables": stored}.items():
            assert secret not in content, (secret[:20], place)


async def log_tables(db: Database) -> str:
    """The rows of both logs."""
    async with db.reading() as session:
        rows = [(await session.execute(text(f"SELECT * FROM {name}"))).all() for name in ("audit_log", "request_logs")]
    assert all(rows)
    return str(rows)


async def test_a_failing_statement_tells_no_values(served: Served, log_text: Callable[[], str]) -> None:
    try:
        async with served.services.db.transaction() as session:
            await session.execute(
                text("INSERT INTO users (email, no_such) VALUES (:email, :hash)"), {"email": EMAIL, "hash": PASSWORD}
            )
    except (DBAPIError, Unavailable):  # SQLite calls an unknown column an operational error
        structlog.get_logger("test").exception("failed")
    assert "no_such" in log_text()
    assert EMAIL not in log_text()
    assert PASSWORD not in log_text()
    assert served.services.db.engine.sync_engine.hide_parameters
    assert not served.services.db.engine.sync_engine.echo


HOSTILE = [
    "a\nb",
    "a\r\n2026-11-24 [info] FAKE line",
    "a\u2028b\u2029c\x85d",
    "\x1b[2J\x1b]52;c;ZXZpbA==\x07",
    "\u202eevil\u202c\u2066x\u2069\u200f",
    "\x00\x08\x7f\x9b",
    "\ud800",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_nobody_writes_log_lines(log_text: Callable[[], str], value: str, request: pytest.FixtureRequest) -> None:
    log = structlog.get_logger("ours")
    log.info("한글은 그대로", title=value, nested={"deep": [value], value: 1})
    log.info(f"event {value}")
    logging.getLogger("library").warning("from a library %s", value)
    try:
        raise ValueError(value)
    except ValueError:
        log.exception("crashed")
    written = log_text()
    assert "한글은 그대로" in written
    assert not re.search("[^\n -~가-힣…·]", written), ascii(written)
    starts = [line for line in written.split("\n") if line and not line.startswith(" ")]
    assert len(starts) == 4, starts
    if starts[0].startswith("{"):
        assert json.loads(starts[0])["title"] == printable(value)


def test_scripts_of_the_world_stay_readable() -> None:
    for text_ in ("한글과 漢字, кириллица, ไทย", "emoji 🙂", "é"):
        assert printable(text_) == text_
    assert printable("가\n나") == "가\\n나"


def test_a_line_costs_little(log_text: Callable[[], str]) -> None:
    """Names of fields are masked without looking at their values."""
    fields: dict[str, Any] = {
        "Password": "x",
        "X-API-Key": "x",
        "Set-Cookie": "x",
        "content": PROMPT,
        "authorization": "x",
    }
    structlog.get_logger("ours").info("fields", **fields)
    assert log_text().count("***masked***") == len(fields)
