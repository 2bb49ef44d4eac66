"""Announcements: written by administrators, read by everybody signed in, told at once, ended by time."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.announcements.service import MAX_ANNOUNCEMENTS
from app.db import now
from tests.app.serving import Served

PATH = "/api/admin/announcements"


async def announce(client: httpx.AsyncClient, text: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(PATH, json={"text": text, **body})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def seen(client: httpx.AsyncClient) -> list[str]:
    return [one["text"] for one in (await client.get("/api/announcements")).json()["items"]]


async def test_written_changed_and_withdrawn(served: Served, client: httpx.AsyncClient) -> None:
    first = await announce(client, "**오늘 밤** 점검합니다", level="warning")
    second = await announce(client, "new model", ends_at=(now() + timedelta(hours=1)).isoformat())
    assert (first["level"], first["ends_at"], second["level"]) == ("warning", None, "info")
    async with served.client("lee@example.com") as lee:
        assert await seen(lee) == ["new model", "**오늘 밤** 점검합니다"]
        changed = await client.patch(f"{PATH}/{second['id']}", json={"text": "newer model"})
        assert (changed.json()["text"], changed.json()["ends_at"]) == ("newer model", second["ends_at"])
        assert changed.json()["changed_at"] > second["changed_at"]
        assert (await client.patch(f"{PATH}/{second['id']}", json={"ends_at": None})).json()["ends_at"] is None
        assert (await client.delete(f"{PATH}/{first['id']}")).status_code == 204
        assert await seen(lee) == ["newer model"]
        for method, path in (("GET", PATH), ("POST", PATH), ("DELETE", f"{PATH}/{second['id']}")):
            assert (await lee.request(method, path, json={"text": "x"})).status_code == 403
    async with httpx.AsyncClient(base_url=served.url) as stranger:
        assert (await stranger.get("/api/announcements")).status_code == 401
    rows = (await client.get("/api/admin/audit")).json()["items"]
    told = [(row["action"], row["subject"]) for row in rows if row["action"].startswith("announcement.")]
    assert told == [
        ("announcement.withdrawn", f"announcement:{first['id']}"),
        ("announcement.changed", f"announcement:{second['id']}"),
        ("announcement.changed", f"announcement:{second['id']}"),
        ("announcement.created", f"announcement:{second['id']}"),
        ("announcement.created", f"announcement:{first['id']}"),
    ]
    assert "model" not in str(rows)


@pytest.mark.parametrize(
    "body",
    [
        {"text": " "}, {"text": "x" * 1001}, {"text": "x", "level": "loud"},
        {"text": "x", "ends_at": "2020-01-01T00:00:00Z"}, {"text": "x", "ends_at": "2030-01-01T00:00:00"},
        {"text": "x", "ends_at": "9999-12-31T23:59:59-12:00"}, {"text": "x\x00"}, {},
    ],
)  # fmt: skip
async def test_what_is_refused(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await client.post(PATH, json=body)).status_code == 422
    assert await seen(client) == []


async def test_unknown_and_too_many(client: httpx.AsyncClient) -> None:
    for answer in (
        await client.patch(f"{PATH}/{uuid4()}", json={"level": "info"}),
        await client.delete(f"{PATH}/{uuid4()}"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "announcement_not_found")
    for number in range(MAX_ANNOUNCEMENTS):
        await announce(client, str(number))
    answer = await client.post(PATH, json={"text": "one more"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "too_many_announcements")


async def test_pages_are_told_of_changes_and_ends(served: Served, client: httpx.AsyncClient) -> None:
    watching = served.services.announcements.watch()
    try:
        async with asyncio.timeout(20):
            assert await anext(watching) == []
            made = await announce(client, "soon over", ends_at=(now() + timedelta(seconds=2)).isoformat())
            assert [one.text for one in await anext(watching)] == ["soon over"]
            # Nobody does anything, its time is up.
            assert await anext(watching) == []
            assert await seen(client) == []
            assert [one["id"] for one in (await client.get(PATH)).json()["items"]] == [made["id"]]
            await announce(client, "another")
            assert [one.text for one in await anext(watching)] == ["another"]
    finally:
        await watching.aclose()
