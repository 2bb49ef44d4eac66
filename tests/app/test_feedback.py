"""What readers think of answers: kept, shown again, taken back, and only on one's own answers."""

import httpx
import pytest

from app.conversations.schemas import MAX_COMMENT_CHARS
from tests.app.serving import Served, chat


async def feedback_of(client: httpx.AsyncClient, conversation_id: str) -> list[object]:
    items = (await client.get(f"/api/conversations/{conversation_id}/messages")).json()["items"]
    return [item["feedback"] for item in items]


async def test_it_is_kept_changed_and_taken_back(client: httpx.AsyncClient) -> None:
    first = (await chat(client))[0]["data"]
    path = f"/api/messages/{first['message_id']}/feedback"
    for body, shown in [
        ({"value": "up"}, {"value": "up", "comment": ""}),
        ({"value": "down", "comment": " 틀렸습니다 "}, {"value": "down", "comment": "틀렸습니다"}),
        ({"value": "down"}, {"value": "down", "comment": ""}),
        ({"value": None}, None),
        ({"value": None}, None),
    ]:
        answer = await client.post(path, json=body)
        assert (answer.status_code, answer.content) == (204, b"")
        assert await feedback_of(client, first["conversation_id"]) == [None, shown]
    await client.post(path, json={"value": "up", "comment": "좋습니다"})
    exported = (await client.get("/api/users/me/export")).json()["conversations"][0]["messages"]
    assert exported[1]["feedback"] == {"value": "up", "comment": "좋습니다"}
    assert (await client.delete(f"/api/conversations/{first['conversation_id']}")).status_code == 204


@pytest.mark.parametrize(
    "body",
    [{}, {"value": "maybe"}, {"value": "up", "comment": "x" * (MAX_COMMENT_CHARS + 1)}, {"value": "up", "stars": 5}],
)
async def test_what_is_refused(client: httpx.AsyncClient, body: dict[str, object]) -> None:
    first = (await chat(client))[0]["data"]
    answer = await client.post(f"/api/messages/{first['message_id']}/feedback", json=body)
    assert answer.status_code == 422
    assert await feedback_of(client, first["conversation_id"]) == [None, None]


async def test_only_ones_own_answers_are_rated(served: Served, client: httpx.AsyncClient) -> None:
    first = (await chat(client))[0]["data"]
    items = (await client.get(f"/api/conversations/{first['conversation_id']}/messages")).json()["items"]
    answer = await client.post(f"/api/messages/{items[0]['id']}/feedback", json={"value": "up"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "not_an_answer")
    async with served.client("lee@example.com") as other:
        for value in ("up", None):
            answer = await other.post(f"/api/messages/{first['message_id']}/feedback", json={"value": value})
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "message_not_found")
    assert await feedback_of(client, first["conversation_id"]) == [None, None]
