"""Who showed a token lately: asked once, never believed for long, forgotten at once when something ends."""

import asyncio
from collections.abc import Mapping

import httpx
import pytest

from app.auth import recent
from app.auth.current import CurrentUser
from app.auth.models import User
from app.auth.recent import Recent
from app.db import new_id
from app.errors import Unavailable
from tests.app.serving import Served, until_refused

KIM = CurrentUser(new_id(), "kim@example.com", "member", "jwt")


class Asked:
    """A database that counts."""

    def __init__(self, user: CurrentUser | None = KIM) -> None:
        self.user = user
        self.times = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> CurrentUser | None:
        self.times += 1
        user = self.user
        await self.gate.wait()
        return user


async def test_a_burst_asks_once() -> None:
    known, asked = Recent(), Asked()
    asked.gate.clear()
    burst = [asyncio.create_task(known.user("a", asked)) for _ in range(20)]
    await asyncio.sleep(0)
    burst[0].cancel()  # it asked for the others too
    asked.gate.set()
    assert await asyncio.gather(*burst[1:]) == [KIM] * 19
    assert await known.user("a", asked) == KIM
    assert asked.times == 1
    assert await known.user("b", Asked(None)) is None


async def test_what_ended_meanwhile_is_not_remembered() -> None:
    known, asked = Recent(), Asked()
    asked.gate.clear()
    before = asyncio.create_task(known.user("a", asked))
    await asyncio.sleep(0)
    known.clear()
    asked.user = None
    asked.gate.set()
    assert await known.user("a", asked) is None
    await before
    assert await known.user("a", asked) is None


async def test_it_is_read_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "RECHECK_SECONDS", 0.001)
    monkeypatch.setattr(recent, "KEEP_SECONDS", 0.1)
    known, asked, living = Recent(), Asked(), True

    async def recheck(tokens: Mapping[str, CurrentUser]) -> Mapping[str, CurrentUser]:
        if not living:
            raise Unavailable("away")
        return {token: user for token, user in tokens.items() if token != "gone"}

    keeping = asyncio.create_task(known.keep_fresh(recheck))
    assert await known.user("a", asked) == KIM
    await asyncio.sleep(0.3)
    assert await known.user("a", asked) == KIM
    assert asked.times == 1
    assert await known.user("gone", asked) == KIM
    await asyncio.sleep(0.05)
    assert await known.user("gone", Asked(None)) is None
    living = False  # the database is away: nothing is believed for longer
    await asyncio.sleep(0.3)
    assert await known.user("a", Asked(None)) is None
    keeping.cancel()


async def test_a_key_of_somebody_disabled_by_another_process_ends(served: Served, client: httpx.AsyncClient) -> None:
    key = (await client.post("/api/keys", json={"name": "k", "scopes": ["read"]})).json()["key"]
    async with httpx.AsyncClient(base_url=served.url, headers={"x-api-key": key}) as program:
        assert (await program.get("/api/conversations")).status_code == 200
        async with served.services.db.transaction() as db:  # as another server does: nothing is told here
            await db.execute(User.__table__.update().values(is_active=False))  # type: ignore[attr-defined]
        await until_refused(program, "/api/conversations")
