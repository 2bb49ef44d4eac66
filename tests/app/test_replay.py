"""Events are replayed for a day, then they are gone and the message stays; receipts and Prometheus agree."""

import re
from datetime import timedelta
from uuid import UUID

import httpx
from sqlalchemy import update

from app.db import now
from app.generations import repository
from app.generations.models import GenerationRow
from tests.app.serving import Served, chat
from tests.scripted_engine import REPLY


async def test_events_expire_after_a_day_and_the_message_stays(served: Served, client: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "k", "Accept": "application/json"}
    first = (await client.post("/api/chat", json={"content": "안녕"}, headers=key)).json()
    generation_id, message_id = first["generation_id"], first["message_id"]
    served.services.generations._all.clear()  # as half a minute after the end
    path = f"/api/generations/{generation_id}/events"
    assert "event: done" in (await client.get(path)).text
    ended = now() - timedelta(hours=24, minutes=1)
    async with served.services.db.transaction() as db:
        await db.execute(update(GenerationRow).where(GenerationRow.id == UUID(generation_id)).values(ended_at=ended))
        await repository.expire(db, now())
    gone = await client.get(path)
    assert (gone.status_code, gone.json()["error"]["code"]) == (410, "events_expired")
    assert (await client.delete(f"/api/generations/{generation_id}")).status_code == 204
    rows = (await client.get(f"/api/conversations/{first['conversation_id']}/messages")).json()["items"]
    assert (rows[-1]["id"], rows[-1]["content"]) == (message_id, REPLY)
    again = (await client.post("/api/chat", json={"content": "안녕"}, headers=key)).json()
    assert again["generation_id"] != generation_id


async def test_fresh_events_are_not_forgotten(served: Served, client: httpx.AsyncClient) -> None:
    first = (await chat(client))[0]["data"]
    served.services.generations._all.clear()
    async with served.services.db.transaction() as db:
        await repository.expire(db, now())
    assert "event: done" in (await client.get(f"/api/generations/{first['generation_id']}/events")).text


async def test_receipts_add_up_to_what_prometheus_counts(served: Served, client: httpx.AsyncClient) -> None:
    names = (
        'chat_tokens_total{kind="prompt"}',
        'chat_tokens_total{kind="completion"}',
        'chat_tokens_total{kind="cached"}',
        'chat_requests_total{model="scripted",status="done"}',
        "chat_ttft_seconds_count",
        "chat_ttft_seconds_sum",
        "chat_queue_wait_seconds_sum",
        "chat_request_duration_seconds_sum",
        "chat_inter_token_seconds_count",
    )

    async def read() -> list[float]:
        page = (await client.get("/metrics")).text
        found = [re.search(rf"^{re.escape(name)} (\S+)$", page, re.MULTILINE) for name in names]
        return [float(match[1]) if match else 0.0 for match in found]

    served.engine.delay = 0.002
    before = await read()
    receipts = [(await chat(client, "하나 둘 셋 " * number))[-1]["data"] for number in range(1, 6)]
    counted = [after - earlier for after, earlier in zip(await read(), before, strict=True)]
    usage, timing = [one["usage"] for one in receipts], [one["timing"] for one in receipts]
    expected = [
        sum(one["prompt_tokens"] for one in usage),
        sum(one["completion_tokens"] for one in usage),
        sum(one["cached_tokens"] for one in usage),
        len(receipts),
        len(receipts),
        sum(one["ttft_ms"] for one in timing) / 1000,
        sum(one["queue_ms"] for one in timing) / 1000,
        sum(one["total_ms"] for one in timing) / 1000,
        sum(one["completion_tokens"] - 1 for one in usage),
    ]
    for name, one, other in zip(names, counted, expected, strict=True):
        assert abs(one - other) <= max(0.01 * other, 0.002 * len(receipts)), (name, one, other)
