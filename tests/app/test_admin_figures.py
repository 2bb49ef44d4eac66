"""The figures of the administration, and that all places tell the same."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.config import Settings
from app.request_log import repository
from app.request_log.csv import as_csv
from app.request_log.history import STEPS, history
from app.request_log.schemas import UsageView
from tests.app.request_rows import database, row
from tests.app.serving import Served, chat

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(hours=1)


def prometheus(page: str, name: str) -> float:
    return sum(float(line.rsplit(" ", 1)[1]) for line in page.splitlines() if line.startswith(name))


async def test_receipts_request_log_history_and_prometheus_agree(served: Served, client: httpx.AsyncClient) -> None:
    async def counted() -> tuple[float, float]:
        page = (await client.get("/metrics")).text
        tokens = prometheus(page, 'chat_tokens_total{kind="completion"}')
        return tokens, prometheus(page, 'chat_requests_total{model="scripted",status="done"}')

    before = await counted()
    receipts = [(await chat(client, f"question {number}"))[-1]["data"] for number in range(4)]
    tokens, requests = (after - earlier for after, earlier in zip(await counted(), before, strict=True))
    written = sum(receipt["usage"]["completion_tokens"] for receipt in receipts)
    usage = (await client.get("/api/admin/usage")).json()["items"]
    steps = (await client.get("/api/admin/history")).json()["steps"]
    logged = (await client.get("/api/admin/requests")).json()["items"]
    assert written > 0
    assert {written} == {
        tokens,
        usage[0]["completion_tokens"],
        sum(step["completion_tokens"] for step in steps),
        sum(one["completion_tokens"] for one in logged),
    }
    assert {4} == {requests, usage[0]["requests"], sum(step["done"] for step in steps), len(logged)}
    assert sorted(one["ttft_ms"] for one in logged) == sorted(receipt["timing"]["ttft_ms"] for receipt in receipts)


async def test_the_state_of_the_engine(served: Served, client: httpx.AsyncClient) -> None:
    served.engine.gate.clear()
    async with client.stream("POST", "/api/chat", json={"content": "hello"}) as response:
        lines = response.aiter_lines()
        await anext(lines)
        state = (await client.get("/api/admin/engine")).json()
        served.engine.gate.set()
        assert [line async for line in lines]
    [model] = state["models"]
    assert (model["stage"], model["model"], model["restarts"], model["remote"]) == ("ready", "scripted", 0, False)
    assert model["running"] + model["waiting"] == 1
    assert state["active_users"] == 1


async def test_only_administrators_see_figures(served: Served, client: httpx.AsyncClient) -> None:
    async with served.client("lee@example.com") as lee:
        for path in ("engine", "history", "usage.csv"):
            assert (await lee.get(f"/api/admin/{path}")).status_code == 403
    assert (await client.get("/api/admin/history", params={"hours": 0})).status_code == 422
    assert (await client.get("/api/admin/usage.csv", params={"days": "x"})).status_code == 422


async def test_usage_for_spreadsheets(client: httpx.AsyncClient) -> None:
    await chat(client, "hello")
    answer = await client.get("/api/admin/usage.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    [found] = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert (found["name"], found["requests"]) == ("kim@example.com", "1")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"])
def test_no_cell_is_a_formula(name: str) -> None:
    sums: dict[str, Any] = dict.fromkeys(set(UsageView.model_fields) - {"key"}, 1)
    text = as_csv([UsageView(key=name, **sums)], {})
    [found] = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert found["name"] == found["key"] == f"'{name}"


async def test_history_by_steps(make_settings: Callable[..., Settings], database_url: str) -> None:
    step = (UNTIL - SINCE) / STEPS
    rows = [
        row(SINCE - step),
        row(SINCE, ttft_ms=100, completion_tokens=5),
        row(SINCE + step / 2, ttft_ms=300, completion_tokens=7, status="cancelled"),
        row(SINCE + 10 * step, status="error"),
        row(SINCE + 10 * step, status="refused"),
        row(UNTIL - step / 4, ttft_ms=50, user_id=uuid4()),
    ]
    async with database(make_settings, database_url) as db:
        async with db.transaction() as session:
            await repository.add(session, rows)
        async with db.reading() as session:
            found = await repository.times(session, SINCE)
    told = history(found, SINCE, UNTIL)
    assert (told.seconds, len(told.steps)) == (60, STEPS)
    first, tenth, last = told.steps[0], told.steps[10], told.steps[-1]
    assert (first.done, first.completion_tokens, first.ttft_p50, first.ttft_p95) == (2, 12, 200, 290)
    assert (tenth.done, tenth.failed, tenth.refused, tenth.ttft_p50) == (0, 1, 1, None)
    assert (last.done, last.ttft_p50, last.ttft_p95) == (1, 50, 50)
    assert sum(one.done for one in told.steps) == 3
