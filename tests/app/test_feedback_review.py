"""What administrators see of users' ratings: page by page, filtered, as CSV, and never a text of a conversation."""

import csv
import io
from typing import Any

import httpx

from tests.app.serving import Served, chat


async def rate(client: httpx.AsyncClient, value: str, comment: str = "", **body: Any) -> dict[str, Any]:
    """Ask for a secret, and rate the answer."""
    first: dict[str, Any] = (await chat(client, "my secret question", **body))[0]["data"]
    rating = {"value": value, "comment": comment}
    answer = await client.post(f"/api/messages/{first['message_id']}/feedback", json=rating)
    assert answer.status_code == 204
    return first


async def test_newest_first_with_figures_and_no_text(served: Served, client: httpx.AsyncClient) -> None:
    async with served.client("lee@example.com") as lee:
        bad = await rate(lee, "down", "wrong year")
        good = await rate(lee, "up")
        me = (await lee.get("/api/users/me")).json()["id"]
        found = await client.get("/api/admin/feedback")
        assert [one["message_id"] for one in found.json()["items"]] == [good["message_id"], bad["message_id"]]
        item = found.json()["items"][1]
        assert (item["user_id"], item["value"], item["comment"]) == (me, "down", "wrong year")
        assert (item["model"], item["finish_reason"]) == ("scripted", "stop")
        assert item["completion_tokens"] > 0
        assert item["total_ms"] is not None
        for text in (found.text, (await client.get("/api/admin/feedback.csv")).text):
            assert "secret" not in text
            assert "하나" not in text
        assert (await lee.get("/api/admin/feedback")).status_code == 403
        assert (await lee.get("/api/admin/feedback.csv")).status_code == 403
        # What is gone for its owner is gone here, too.
        for first in (bad, good):
            await lee.delete(f"/api/conversations/{first['conversation_id']}")
    assert (await client.get("/api/admin/feedback")).json() == {"items": [], "next": None}


async def test_filters_and_pages(client: httpx.AsyncClient) -> None:
    rated = [await rate(client, "up" if number % 2 else "down", str(number)) for number in range(4)]

    async def comments(**query: Any) -> tuple[list[str], str | None]:
        page = (await client.get("/api/admin/feedback", params=query)).json()
        return [one["comment"] for one in page["items"]], page["next"]

    assert (await comments(value="up"))[0] == ["3", "1"]
    assert (await comments(model="scripted", value="down"))[0] == ["2", "0"]
    assert (await comments(model="other"))[0] == []
    first, following = await comments(limit=3)
    assert (first, await comments(limit=3, cursor=following)) == (["3", "2", "1"], (["0"], None))
    for query in ({"value": "maybe"}, {"cursor": "x"}, {"limit": 0}):
        assert (await client.get("/api/admin/feedback", params=query)).status_code == 422
    await client.post(f"/api/messages/{rated[3]['message_id']}/feedback", json={"value": None})
    assert (await comments(value="up"))[0] == ["1"]


async def test_as_a_table_for_spreadsheets(client: httpx.AsyncClient) -> None:
    await rate(client, "down", "=1+1\n둘째 줄")
    await rate(client, "up")
    answer = await client.get("/api/admin/feedback.csv", params={"value": "down"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert 'filename="feedback.csv"' in answer.headers["content-disposition"]
    [row] = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert (row["user"], row["value"], row["comment"]) == ("kim@example.com", "down", "'=1+1\n둘째 줄")
