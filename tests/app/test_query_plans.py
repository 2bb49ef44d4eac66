"""What the page and the API ask PostgreSQL most stays quick in a large database: an index leads to the rows.

`make plans` looks at a million messages, `make test` at fewer."""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.config import Settings
from app.conversations import change_repository, list_repository, repository, search_repository
from app.conversations.models import Conversation
from app.db import Database
from app.generations import repository as generations
from app.generations.repository import Save
from app.migrate import migrate
from app.request_log import repository as request_log
from app.request_log.repository import Filter

MESSAGES = int(os.environ.get("PLANS_MESSAGES", "100000"))
# As many conversations have a user of two, and messages a conversation.
OF_USER, OF_CONVERSATION = 200, 20
LARGE = ("messages", "conversations", "request_logs", "generations")
START = datetime(2026, 10, 1, tzinfo=UTC)

FILL = """
INSERT INTO users (id, email, hashed_password, is_active, is_superuser, is_verified, role, created_at)
SELECT md5('u' || n)::uuid, n || '@example.com', 'x', true, false, true, 'member', TIMESTAMPTZ '2026-10-01Z'
FROM generate_series(0, :users) n;
INSERT INTO conversations (id, user_id, title, pinned, archived, params, created_at, updated_at)
SELECT md5('c' || n)::uuid, md5('u' || n / :of_user)::uuid, 'title ' || n, n % 100 = 0, n % 10 = 1, '{}', moment, moment
FROM generate_series(0, :conversations) n,
LATERAL (SELECT TIMESTAMPTZ '2026-10-01Z' + n * interval '1 second' AS moment) m;
INSERT INTO messages (id, conversation_id, parent_id, role, content, reasoning, status, generation_id, created_at)
SELECT md5('m' || n)::uuid, md5('c' || n / :of_conversation)::uuid,
       CASE WHEN n % :of_conversation > 0 THEN md5('m' || n - 1)::uuid END,
       CASE WHEN n % 2 = 0 THEN 'user' ELSE 'assistant' END, 'text of message ' || n, '', 'done',
       CASE WHEN n % 2 = 1 THEN md5('g' || n)::uuid END, TIMESTAMPTZ '2026-10-01Z' + n * interval '1 second'
FROM generate_series(0, :messages - 1) n;
INSERT INTO generations (id, user_id, conversation_id, message_id, instance, params, created_at, ended_at)
SELECT md5('g' || n * 2 + 1)::uuid, md5('u' || n * 2 / :of_conversation / :of_user)::uuid,
       md5('c' || n * 2 / :of_conversation)::uuid, md5('m' || n * 2 + 1)::uuid, 'instance', '{}', moment, moment
FROM generate_series(0, :messages / 2 - 1) n,
LATERAL (SELECT TIMESTAMPTZ '2026-10-01Z' + n * interval '2 seconds' AS moment) m;
INSERT INTO request_logs (id, at, user_id, route, model, status, prompt_tokens, completion_tokens, cached_tokens)
SELECT md5('g' || n)::uuid, TIMESTAMPTZ '2026-10-01Z' + n * interval '10 seconds', md5('u' || n % :users)::uuid,
       '/api/chat', 'model', 'done', 10, 20, 0
FROM generate_series(0, :messages / 2) n
"""


Ask = Callable[[AsyncSession], Awaitable[object]]


def key(name: str) -> UUID:
    """As md5() in the statements above makes one."""
    return UUID(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest())


USER, CONVERSATION, MESSAGE = key("u0"), key("c7"), key(f"m{8 * OF_CONVERSATION - 1}")
ENDED = Save(key("g1"), MESSAGE, CONVERSATION, {"status": "done"}, {"ended_at": datetime(2026, 1, 1, tzinfo=UTC)})
LATE = START + timedelta(seconds=MESSAGES * 5 - 3600)
# All that the last minutes have not ended was looked at before.
WEEK_LATER = START + timedelta(days=7, seconds=MESSAGES - 300)
PLACE = (START + timedelta(seconds=150), CONVERSATION)
OPEN = [Conversation.archived.is_(False), Conversation.pinned.is_(False)]

QUESTIONS: dict[str, Ask] = {
    "list of conversations": lambda db: list_repository.listed(db, USER, OPEN, None, 60),
    "more of the list": lambda db: list_repository.listed(db, USER, OPEN, PLACE, 60),
    "pinned conversations": lambda db: list_repository.listed(db, USER, [Conversation.pinned.is_(True)], None, 200),
    "a conversation": lambda db: repository.conversation(db, USER, CONVERSATION),
    "messages": lambda db: repository.messages(db, USER, CONVERSATION, None, 100),
    "more messages": lambda db: repository.messages(db, USER, CONVERSATION, (START, MESSAGE), 100),
    "the newest message": lambda db: repository.newest_message_id(db, CONVERSATION),
    "the next moment": lambda db: repository.next_moment(db, CONVERSATION),
    "the path to a message": lambda db: repository.path(db, CONVERSATION, MESSAGE),
    "search": lambda db: search_repository.search(db, USER, "message 77", [], None, 200, 20),
    "search that finds nothing": lambda db: search_repository.search(db, USER, "nowhere", [], PLACE, 1000, 20),
    "answers not ended": lambda db: generations.unfinished_in(db, USER, [CONVERSATION]),
    "an answer cut off": lambda db: generations.resumable(db, key("g1")),
    "the end of an answer": lambda db: generations.save(db, [ENDED]),
    "an answer that goes on": lambda db: generations.set_status(db, key("g1"), "running"),
    "forgetting events": lambda db: generations.expire(db, WEEK_LATER),
    "deleting a conversation": lambda db: change_repository.delete_for_ever(db, USER, CONVERSATION),
    "request log": lambda db: request_log.page(db, Filter(), None, 50),
    "more of the request log": lambda db: request_log.page(db, Filter(), (LATE, MESSAGE), 50),
    "requests of a user": lambda db: request_log.page(db, Filter(user=USER), None, 50),
    "usage of the last hour": lambda db: request_log.sums(db, "user", Filter(since=LATE)),
    "usage of a user": lambda db: request_log.sums(db, "day", Filter(user=USER, since=LATE)),
    "figures of the last hour": lambda db: request_log.times(db, LATE),
    "the newest requests": lambda db: request_log.newest(db, LATE, 50),
    "who waited longest": lambda db: request_log.slowest(db, LATE, 6),
}


@pytest.fixture(scope="module")
def large(postgres_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a database with many rows."""
    settings = Settings(
        _env_file=None,
        data_dir=tmp_path_factory.mktemp("data"),
        database={"url": postgres_url()},
    )
    migrate(settings)

    async def fill() -> None:
        db = Database(settings, patient=True)
        try:
            await fill_in(db)
        finally:
            await db.close()

    asyncio.run(fill())
    return settings


async def fill_in(db: Database) -> None:
    values = {"users": MESSAGES // OF_CONVERSATION // OF_USER, "conversations": MESSAGES // OF_CONVERSATION}
    values |= {"messages": MESSAGES, "of_user": OF_USER, "of_conversation": OF_CONVERSATION}
    async with db.transaction() as session:
        # Each row is right by its making: the keys to others need not be looked up.
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in FILL.split(";"):
            known = {name: value for name, value in values.items() if f":{name}" in statement}
            await session.execute(text(statement), known)
    async with db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("VACUUM ANALYZE"))


@pytest.mark.parametrize("question", QUESTIONS)
async def test_an_index_leads_to_the_rows(large: Settings, question: str) -> None:
    db = Database(large)
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        asked.append((statement, parameters))

    async with db.engine.connect() as connection:
        session = AsyncSession(connection)
        event.listen(db.engine.sync_engine, "before_cursor_execute", note)
        await QUESTIONS[question](session)
        event.remove(db.engine.sync_engine, "before_cursor_execute", note)
        assert asked
        for statement, parameters in asked:
            explained = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            ((plan,),) = explained.all()
            steps = list(nodes(plan[0]["Plan"]))
            whole = [step["Relation Name"] for step in steps if step["Node Type"] == "Seq Scan"]
            assert not [table for table in whole if table.startswith(LARGE)], (statement, plan)
            assert any("Index Name" in step for step in steps), (statement, plan)
        await session.close()
    await db.close()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)


async def test_a_row_that_goes_finds_what_refers_to_it(large: Settings) -> None:
    """A foreign key without an index makes each deletion read the whole table. Of those there are few rows."""
    unindexed = """
        SELECT conrelid::regclass || '.' || attname FROM pg_constraint
        JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
        WHERE contype = 'f' AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1])
    """
    db = Database(large)
    async with db.reading() as session:
        found = set(await session.scalars(text(unindexed)))
    await db.close()
    assert found == {"limits.user_id", "limits.key_id", "invitations.created_by", "invitations.used_by"}
