"""What is too old goes, in small batches; what is pinned, in use or young stays."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, text, update

from app.audit.models import AuditRow
from app.config import Settings
from app.conversations.models import Conversation, Message
from app.db import Database, now
from app.request_log import partitions
from app.request_log import repository as request_log
from app.request_log.models import RequestLog
from app.retention import repository
from app.retention.service import Retention
from tests.app.request_rows import row
from tests.app.serving import Served, chat, read_events, serving

OLD = timedelta(days=31)
YOUNG = timedelta(days=29)


@pytest.fixture
async def served(make_settings: Callable[..., Settings], database_url: str) -> AsyncIterator[Served]:
    async with serving(make_settings(database={"url": database_url})) as instance:
        await instance.services.engine.wait_ready()
        yield instance


@pytest.fixture
async def client(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with served.client() as signed_in:
        yield signed_in


def retention(served: Served, days: int | None = 30) -> Retention:
    services = served.services
    return Retention(services.db, days, services.audit, services.request_log)


async def conversation(client: httpx.AsyncClient, db: Database, age: timedelta, **changes: Any) -> str:
    """One with a question and an answer, its last activity so long ago."""
    events = await chat(client)
    id_: str = events[0]["data"]["conversation_id"]
    if changes:
        assert (await client.patch(f"/api/conversations/{id_}", json=changes)).status_code == 200
    await let_age(client, db, id_, age)
    return id_


async def let_age(client: httpx.AsyncClient, db: Database, id_: str, age: timedelta) -> None:

    async with db.transaction() as session:
        await session.execute(update(Conversation).where(Conversation.id == UUID(id_)).values(updated_at=now() - age))


async def titles(client: httpx.AsyncClient) -> set[str]:
    return {item["id"] for item in (await client.get("/api/conversations")).json()["items"]}


async def test_old_conversations_go_with_their_messages(served: Served, client: httpx.AsyncClient) -> None:
    db = served.services.db
    await conversation(client, db, OLD)
    await conversation(client, db, OLD, archived=True)
    young = await conversation(client, db, YOUNG)
    pinned = await conversation(client, db, OLD, pinned=True)
    await retention(served).apply(now())
    assert await titles(client) == {young, pinned}
    async with db.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Message)) == 4
    (applied,) = (await client.get("/api/admin/audit", params={"action": "retention.applied"})).json()["items"]
    assert applied["detail"]["conversations"] == 2
    await retention(served).apply(now())
    answer = await client.get("/api/admin/audit", params={"action": "retention.applied"})
    assert len(answer.json()["items"]) == 1, "nothing to delete, nothing to tell"


async def test_without_the_setting_nothing_goes(served: Served, client: httpx.AsyncClient) -> None:
    old = await conversation(client, served.services.db, OLD)
    await retention(served, None).apply(now())
    assert await titles(client) == {old}


async def test_an_answer_that_is_being_written_keeps_its_conversation(
    served: Served, client: httpx.AsyncClient
) -> None:
    served.engine.gate.clear()
    async with client.stream("POST", "/api/chat", json={"content": "안녕"}) as response:
        stream = read_events(response)
        id_ = (await anext(stream))["data"]["conversation_id"]
        await let_age(client, served.services.db, id_, OLD)
        await retention(served).apply(now())
        assert await titles(client) == {id_}
        served.engine.gate.set()
        assert [event["event"] async for event in stream][-1] == "done"
    await let_age(client, served.services.db, id_, OLD)
    await retention(served).apply(now())
    assert await titles(client) == set()


async def test_batches_end_and_processes_do_not_disturb_each_other(
    served: Served, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.retention.service.ROWS", 7)
    monkeypatch.setattr("app.retention.service.CONVERSATIONS", 3)
    db, me = served.services.db, (await client.get("/api/users/me")).json()["id"]

    async with db.transaction() as session:
        await request_log.add(session, [row(now() - OLD) for _ in range(30)] + [row(now() - YOUNG)])
        session.add_all(AuditRow(at=now() - OLD, action="signin.ok") for _ in range(30))
        session.add_all(Conversation(user_id=UUID(me), updated_at=now() - OLD) for _ in range(20))
    await asyncio.gather(*(retention(served).apply(now()) for _ in range(3)))
    # What one skipped because another had it is gone, too: that one has deleted it.
    await retention(served).apply(now())
    assert await titles(client) == set()
    async with db.reading() as session:
        old = now() - timedelta(days=30)
        assert await session.scalar(select(func.count()).where(RequestLog.at < old)) == 0
        assert await session.scalar(select(func.count()).where(AuditRow.at < old)) == 0
        assert await session.scalar(select(func.count()).where(RequestLog.at >= old)) == 1


async def test_old_months_go_as_tables(make_settings: Callable[..., Settings], migrated_postgres_url: Any) -> None:
    async with serving(make_settings(database={"url": migrated_postgres_url()})) as served:
        db = served.services.db
        ages = [f"{now() - timedelta(days=days):%Y_%m}" for days in (150, 120)]
        for days in (150, 120):
            async with db.transaction() as session:
                await request_log.add(session, [row(now() - timedelta(days=days))])
                await partitions.create_ahead(session, now() - timedelta(days=days))
        await retention(served, 60).apply(now())
        async with db.reading() as session:
            names = set(
                await session.scalars(
                    text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'request_logs'::regclass")
                )
            )
        assert not names & {f"request_logs_{age}" for age in ages}
        assert f"request_logs_{now():%Y_%m}" in names


async def test_the_setting_is_in_effect_at_start(make_settings: Callable[..., Settings], database_url: str) -> None:
    async with serving(make_settings(database={"url": database_url})) as served, served.client() as client:
        await conversation(client, served.services.db, OLD)
        young = await conversation(client, served.services.db, YOUNG)
    settings = make_settings(database={"url": database_url}, retention={"days": 30})
    async with serving(settings) as served, served.client() as client:
        async with asyncio.timeout(20):
            while await titles(client) != {young}:
                await asyncio.sleep(0.02)


async def test_somebody_who_uses_a_conversation_keeps_it(
    make_settings: Callable[..., Settings], migrated_postgres_url: Any
) -> None:
    """While another transaction holds the row, it is skipped and nobody waits."""
    async with serving(make_settings(database={"url": migrated_postgres_url()})) as served, served.client() as client:
        await served.services.engine.wait_ready()
        db = served.services.db
        id_ = await conversation(client, db, OLD)
        async with db.transaction() as using:
            await using.execute(text("SELECT 1 FROM conversations FOR KEY SHARE"))
            async with db.transaction() as session:
                assert await repository.delete_conversations(session, datetime.now(UTC) - timedelta(days=30), 10) == 0
        assert await titles(client) == {id_}
