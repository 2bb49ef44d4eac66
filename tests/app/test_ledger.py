"""The ledger's stores, alike in memory and in Redis, and what the ledger says when it refuses."""

import random
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from app.errors import RateLimited
from app.limits import redis_guard
from app.limits.bounds import UNSTATED_TOKENS, Account, Limits, most_prompt_tokens, most_tokens
from app.limits.ledger import Ledger
from app.limits.memory import MemoryStore
from app.limits.redis_guard import guarded
from app.limits.redis_store import RedisStore
from app.limits.store import DAY, LEASE_SECONDS, LedgerStore, Refusal, Reservation, Use

NOON = 20_000 * DAY + DAY / 2


def account(**limits: int) -> Account:
    user_id = uuid4()
    return Account(user_id, f"user:{user_id}", Limits(**limits))  # type: ignore[arg-type]


def held(owner: Account, tokens: int) -> Reservation:
    return Reservation(uuid4(), (owner,), tokens, NOON)


@pytest.fixture(params=["memory", "redis_url", "redis_cluster_url"])
async def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LedgerStore]:
    if request.param == "memory":
        yield MemoryStore()
        return
    monkeypatch.setattr(redis_guard, "ANSWER_SECONDS", 20.0)
    async with guarded(request.getfixturevalue(request.param)) as guard:
        assert guard is not None
        yield RedisStore(guard)


async def test_each_limit_is_reached_exactly(store: LedgerStore) -> None:
    for name, limits in [
        ("tokens_per_minute", {"tokens_per_minute": 100}),
        ("tokens_per_day", {"tokens_per_day": 100}),
        ("concurrent", {"concurrent": 1}),
    ]:
        owner = account(**limits)
        first = held(owner, 100)
        assert await store.reserve(first, NOON) is None
        assert await store.reserve(held(owner, 1), NOON) == Refusal(owner, name, None)  # type: ignore[arg-type]
        await store.settle(first, 99, NOON)
        assert await store.reserve(held(owner, 500), NOON) is None


async def test_when_there_is_room_again(store: LedgerStore) -> None:
    owner = account(tokens_per_minute=100)
    for seconds, tokens in [(0, 30), (10, 50), (20, 40)]:
        await store.settle(held(owner, 1), tokens, NOON + seconds)
    assert await store.reserve(held(owner, 1), NOON + 25) == Refusal(owner, "tokens_per_minute", 35)
    assert await store.reserve(held(owner, 1), NOON + 59.9) == Refusal(owner, "tokens_per_minute", 1)
    assert await store.reserve(held(owner, 1), NOON + 60) is None
    daily = account(tokens_per_day=10)
    await store.settle(held(daily, 1), 10, NOON)
    assert await store.reserve(held(daily, 1), NOON) == Refusal(daily, "tokens_per_day", DAY // 2)
    assert await store.reserve(held(daily, 1), NOON + DAY / 2) is None


async def test_a_lease_runs_out_and_settling_counts_all_the_same_once(store: LedgerStore) -> None:
    owner = account(concurrent=1)
    one = held(owner, 50)
    await store.reserve(one, NOON)
    await store.renew([one], NOON + 20)
    assert await store.use(owner, NOON + 49) == Use(0, 0, 50, 1)
    assert await store.use(owner, NOON + 20 + LEASE_SECONDS) == Use()
    at = NOON + 100
    for _ in range(2):
        await store.settle(one, 7, at)
    await store.renew([one], at)
    await store.reserve(one, at)
    assert await store.use(owner, at) == Use(7, 7, 0, 0, int(at))


async def test_a_clock_that_is_set_back_locks_nobody_out(store: LedgerStore) -> None:
    owner = account(tokens_per_minute=10, concurrent=1)
    await store.settle(held(owner, 1), 10, NOON)
    await store.reserve(held(account(), 1), NOON)
    await store.renew([held(owner, 1)], NOON)
    assert await store.reserve(held(owner, 1), NOON - 3600) is None


async def test_all_accounts_or_none(store: LedgerStore) -> None:
    user_id = uuid4()
    user = Account(user_id, f"user:{user_id}", Limits(concurrent=4))
    key = Account(user_id, f"key:{uuid4()}", Limits(concurrent=1))
    assert await store.reserve(Reservation(uuid4(), (user, key), 5, NOON), NOON) is None
    assert await store.reserve(Reservation(uuid4(), (user, key), 5, NOON), NOON) == Refusal(key, "concurrent", None)
    assert (await store.use(user, NOON)).running == 1
    assert await store.reserve(Reservation(uuid4(), (user,), 5, NOON), NOON) is None


async def test_both_stores_decide_alike(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_guard, "ANSWER_SECONDS", 20.0)
    chance, now, memory = random.Random(5), NOON + 0.25, MemoryStore()
    owners = [account(concurrent=4, tokens_per_minute=80, tokens_per_day=900) for _ in range(2)]
    running: list[Reservation] = []
    seen: set[object] = set()
    async with guarded(redis_url) as guard:
        assert guard is not None
        redis = RedisStore(guard)
        for _ in range(600):
            now += chance.choice([0, 0, 0.5, 3, 11])
            if running and chance.random() < 0.45:
                one = running.pop(chance.randrange(len(running)))
                tokens = chance.randint(0, one.tokens)
                for store in (memory, redis):
                    await store.settle(one, tokens, now)
                continue
            one = held(chance.choice(owners), chance.randint(1, 40))
            answers = [await store.reserve(one, now) for store in (memory, redis)]
            assert answers[0] == answers[1]
            seen.add(answers[0] and answers[0].limit)
            if answers[0] is None:
                running.append(one)
            assert await memory.use(owners[0], now) == await redis.use(owners[0], now)
    assert seen == {None, "concurrent", "tokens_per_minute", "tokens_per_day"}


async def test_a_refusal_says_when_an_answer_will_have_ended() -> None:
    now = [NOON]
    ledger, owner = Ledger(clock=lambda: now[0]), account(concurrent=1)
    for _ in range(3):
        first = await ledger.reserve((owner,), uuid4(), 5)
        now[0] += 20
        await ledger.settle(first, 5)
    await ledger.reserve((owner,), uuid4(), 5)
    now[0] += 8
    with pytest.raises(RateLimited) as refused:
        await ledger.reserve((owner,), uuid4(), 5)
    assert (refused.value.code, refused.value.retry_after) == ("too_many_generations", 12)


async def test_what_nobody_uses_any_more_takes_no_memory() -> None:
    now = [NOON]
    ledger = Ledger(clock=lambda: now[0])
    for _ in range(100):
        await ledger.settle(await ledger.reserve((account(concurrent=1),), uuid4(), 5), 5)
    now[0] += DAY
    await ledger.beat()
    assert (ledger._own._books, ledger._own._settled, ledger._open, ledger._untold) == ({}, {}, {}, {})


def test_what_is_held_is_no_less_than_what_can_be_used() -> None:
    assert most_tokens(8192, None, None) == 8192
    assert most_tokens(8192, most_prompt_tokens(["가나다"]), 10) == 9 + 64 + 10
    assert most_tokens(None, most_prompt_tokens(["가나다"]), None) == 9 + 64 + UNSTATED_TOKENS
    assert most_tokens(100, most_prompt_tokens(["x" * 99]), 10) == 100
