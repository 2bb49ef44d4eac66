"""Looking for a text in titles and messages."""

import httpx
import pytest

from app.conversations import listing
from tests.app.serving import Served, chat
from tests.app.test_organizing import made, who


async def snippet(client: httpx.AsyncClient, q: str) -> str | None:
    (found,) = (await client.get("/api/conversations", params={"q": q})).json()["items"]
    text: str | None = found["snippet"]
    return text


async def test_snippets_show_the_text_around_the_hit(client: httpx.AsyncClient) -> None:
    question = "앞말 " * 50 + "한라산 <b>등반</b>\n\n  코스를 알려 주세요. " + "뒷말 " * 90
    await chat(client, question)
    around = await snippet(client, "한라산")
    assert around is not None
    assert around.startswith("…")
    assert around.endswith("…")
    assert "한라산 <b>등반</b> 코스를" in around
    assert len(around) <= 162
    for q in ("산", "라산", "등반", "<b>", "알려 주"):
        assert q in (await snippet(client, q) or "")
    listed = (await client.get("/api/conversations")).json()["items"]
    assert listed[0]["snippet"] is None


async def test_capitals_do_not_matter(client: httpx.AsyncClient) -> None:
    await chat(client, "Wie geht NiceGUI mit PostgreSQL?")
    for q in ("nicegui", "NICEGUI", "postgresQL?"):
        assert "NiceGUI" in (await snippet(client, q) or "")


async def test_a_title_alone_has_no_snippet(client: httpx.AsyncClient) -> None:
    await client.post("/api/conversations", json={"title": "제목만"})
    assert await snippet(client, "목만") is None


@pytest.mark.parametrize("windows", [(1, 2), (200, 1000)])
async def test_a_search_goes_through_everything_part_by_part(
    served: Served, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, windows: tuple[int, int]
) -> None:
    monkeypatch.setattr(listing, "WINDOWS", windows)
    user = await who(client)
    ids = await made(client, 7)
    for wanted in (ids[0], ids[2], ids[5]):
        await client.patch(f"/api/conversations/{wanted}", json={"title": "바늘"})
    parts, cursor = [], None
    while True:
        part = await served.services.conversations.search(user, "바늘", cursor, 2)
        parts += part.items
        cursor = part.next
        if cursor is None:
            break
    expected = [ids[5], ids[2], ids[0]]
    assert [row.id for row in parts] == expected
    listed: list[str] = []
    cursor = None
    while True:
        params: dict[str, str | int] = {"q": "바늘", "limit": 2}
        if cursor is not None:
            params["cursor"] = cursor
        page = (await client.get("/api/conversations", params=params)).json()
        listed += [row["id"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert listed == [str(one) for one in expected]
