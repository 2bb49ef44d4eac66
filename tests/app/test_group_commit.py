"""Answers that are to be stored at the same time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import UUID

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import StatementError

from app.auth.models import User
from app.config import Settings
from app.conversations.models import Conversation, Message
from app.db import Database, new_id
from app.errors import Unavailable
from app.generations.group_commit import GroupCommit
from app.generations.models import GenerationRow
from app.generations.repository import Save

COUNT = 12


@pytest.fixture
async def db(make_settings: Callable[..., Settings], database_url: str) -> AsyncIterator[Database]:
    db = Database(make_settings(database={"url": database_url}))
    yield db
    await db.close()


@pytest.fixture
async def answers(db: Database) -> list[tuple[UUID, UUID, UUID]]:
    """Of each the generation, the message and the conversation."""
    user_id, ids = new_id(), [(new_id(), new_id(), new_id()) for _ in range(COUNT)]
    async with db.transaction() as session:
        session.add(User(id=user_id, email="lee@example.com", hashed_password="x", role="member"))
        await session.flush()
        session.add_all(Conversation(id=conversation_id, user_id=user_id) for _, _, conversation_id in ids)
        await session.flush()
        for generation_id, message_id, conversation_id in ids:
            common = {"conversation_id": conversation_id, "params": {}, "instance": "here"}
            session.add(GenerationRow(id=generation_id, user_id=user_id, message_id=message_id, **common))
            session.add(
                Message(
                    id=message_id,
                    conversation_id=conversation_id,
                    role="assistant",
                    status="running",
                    generation_id=generation_id,
                )
            )
    return ids


def ended(ids: tuple[UUID, UUID, UUID], content: object = "text", **end: object) -> Save:
    return Save(*ids, {"status": "done", "content": content}, {"token_ids": b"1234", **end})


async def contents(db: Database) -> list[str]:
    async with db.reading() as session:
        rows = await session.execute(
            select(Message.content, GenerationRow.token_ids).join(GenerationRow, GenerationRow.message_id == Message.id)
        )
    return sorted(content for content, token_ids in rows if token_ids == b"1234")


async def test_those_that_wait_for_sqlites_writer_are_stored_together(
    db: Database, answers: list[tuple[UUID, UUID, UUID]]
) -> None:
    group = GroupCommit(db)
    commits: list[object] = []
    event.listen(db.engine.sync_engine, "commit", commits.append)
    saves = [ended(ids, f"text {number:02}") for number, ids in enumerate(answers)]
    # A checkpoint has other columns, and no end.
    saves[0] = Save(*answers[0], {"status": "running", "content": "so far", "model": "m"})
    async with db.transaction():
        writing = [asyncio.create_task(group.write(save)) for save in saves]
        await asyncio.sleep(0.05)
        assert not (db.one_writer and any(task.done() for task in writing))
    await asyncio.gather(*writing)
    assert len(commits) - 1 == (1 if db.one_writer else COUNT)
    assert await contents(db) == [f"text {number:02}" for number in range(1, COUNT)]
    async with db.reading() as session:
        first = await session.get_one(Message, answers[0][1])
    assert (first.content, first.status, first.model) == ("so far", "running", "m")


async def test_one_that_cannot_be_stored_says_so_and_the_others_are_stored(
    db: Database, answers: list[tuple[UUID, UUID, UUID]]
) -> None:
    group = GroupCommit(db)
    saves = [ended(ids, object() if number == 5 else f"text {number:02}") for number, ids in enumerate(answers)]
    ends = await asyncio.gather(*(group.write(save) for save in saves), return_exceptions=True)
    assert [number for number, end in enumerate(ends) if end is not None] == [5]
    assert isinstance(ends[5], StatementError | TypeError)
    assert await contents(db) == [f"text {number:02}" for number in range(COUNT) if number != 5]


async def test_whoever_waits_hears_that_the_storage_is_away_and_may_ask_again(
    db: Database, answers: list[tuple[UUID, UUID, UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    group = GroupCommit(db)
    saves = [ended(ids) for ids in answers]
    if db.one_writer:
        async with db.transaction():
            with monkeypatch.context() as short:
                short.setattr("app.db.TURN_SECONDS", 0.05)
                ends = await asyncio.gather(*(group.write(save) for save in saves), return_exceptions=True)
        assert all(isinstance(end, Unavailable) for end in ends)
        assert await contents(db) == []
    cancelled = asyncio.create_task(group.write(saves[0]))
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.gather(*(group.write(save) for save in saves))
    assert await contents(db) == ["text"] * COUNT


async def test_an_answer_that_another_generation_writes_by_now_stays(
    db: Database, answers: list[tuple[UUID, UUID, UUID]]
) -> None:
    _, message_id, conversation_id = answers[0]
    await GroupCommit(db).write(Save(new_id(), message_id, conversation_id, {"content": "too late"}))
    async with db.reading() as session:
        assert (await session.get_one(Message, message_id)).content == ""
