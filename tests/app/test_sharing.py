"""Links to conversations: who has one reads what was shared and nothing else, until it ends."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import update

from app.auth.models import User
from app.auth.repository import column
from app.db import now
from app.sharing.models import Share
from tests.app.serving import PASSWORD, Served, chat

PAGE = {"Accept": "text/html", "Accept-Language": "en"}


async def shared(client: httpx.AsyncClient, content: str = "비밀 질문", **body: object) -> tuple[str, str]:
    """A new conversation and the path of its link."""
    first = (await chat(client, content))[0]["data"]
    made = await client.post(f"/api/conversations/{first['conversation_id']}/share", json=body)
    assert made.status_code == 201, made.text
    url = httpx.URL(made.json()["url"])
    assert re.fullmatch(r"/share/[\w-]{22}", url.path)
    return first["conversation_id"], url.path


async def page(served: Served, path: str) -> httpx.Response:
    """As a stranger sees it."""
    async with httpx.AsyncClient(base_url=served.url) as stranger:
        return await stranger.get(path, headers=PAGE)


def nothing(answer: httpx.Response) -> str:
    """The page that says so, without what is new each time."""
    assert answer.status_code == 404
    return re.sub('nonce="[^"]*"', "", answer.text)


async def test_a_stranger_reads_what_was_shared_and_nothing_later(served: Served, client: httpx.AsyncClient) -> None:
    conversation, link = await shared(client)
    await client.patch(f"/api/conversations/{conversation}", json={"title": "later title", "system_prompt": "geheim"})
    await chat(client, "later question", conversation_id=conversation)
    seen = await page(served, link)
    assert seen.status_code == 200
    assert "비밀 질문" in seen.text
    assert "<strong>Markdown</strong>" in seen.text
    for hidden in ("later", "geheim", "kim@example.com", "Continue this conversation"):
        assert hidden not in seen.text
    assert "Sign in to continue" in seen.text
    assert seen.headers["referrer-policy"] == "no-referrer"
    assert seen.headers["cache-control"] == "no-store"
    assert seen.headers["x-robots-tag"].startswith("noindex")
    assert "script-src 'self';" in seen.headers["content-security-policy"]
    assert 'meta name="referrer"' not in seen.text
    again = await client.post(f"/api/conversations/{conversation}/share", json={})
    assert (again.status_code, httpx.URL(again.json()["url"]).path) == (200, link)
    newer = await page(served, link)
    assert "later question" in newer.text
    assert "<title>later title" in newer.text


async def test_a_version_can_be_shared(served: Served, client: httpx.AsyncClient) -> None:
    served.engine.reply = "first version"
    first = (await chat(client))[0]["data"]
    served.engine.reply = "second version"
    await client.post(f"/api/messages/{first['message_id']}/regenerate", headers={"Accept": "application/json"})
    path = f"/api/conversations/{first['conversation_id']}/share"
    assert (await client.post(path, json={"leaf_id": str(uuid4())})).status_code == 404
    made = (await client.post(path, json={"leaf_id": first["message_id"]})).json()
    seen = await page(served, httpx.URL(made["url"]).path)
    assert ("first version" in seen.text, "second version" in seen.text) == (True, False)


async def test_links_that_lead_nowhere_look_alike(served: Served, client: httpx.AsyncClient) -> None:
    revoked, gone, expired, disabled = [await shared(client) for _ in range(4)]
    assert (await client.delete(f"/api/conversations/{revoked[0]}/share")).status_code == 204
    assert (await client.delete(f"/api/conversations/{gone[0]}")).status_code == 204
    async with served.services.db.transaction() as db:
        ended = update(Share).where(Share.conversation_id == UUID(expired[0]))
        await db.execute(ended.values(expires_at=now() - timedelta(seconds=1)))
    never = f"/share/{'A' * 22}"
    paths = (revoked[1], gone[1], expired[1], never, "/share/x", "/share/%00")
    dead = {nothing(await page(served, path)) for path in paths}
    assert len(dead) == 1
    assert (await page(served, disabled[1])).status_code == 200
    async with served.services.db.transaction() as db:
        await db.execute(update(User).where(column(User.email) == "kim@example.com").values(is_active=False))
    assert nothing(await page(served, disabled[1])) in dead


async def test_a_link_goes_with_its_account(served: Served, client: httpx.AsyncClient) -> None:
    async with served.client("lee@example.com") as lee:
        _, link = await shared(lee)
        body = {"password": PASSWORD}
        assert (await lee.request("DELETE", "/api/users/me", json=body)).status_code == 204
    assert (await page(served, link)).status_code == 404


async def test_one_asks_for_ones_own_links_only(served: Served, client: httpx.AsyncClient) -> None:
    conversation, link = await shared(client, expires_in_days=7)
    path = f"/api/conversations/{conversation}/share"
    view = (await client.get(path)).json()
    assert view["expires_at"] is not None
    assert (await client.get("/api/shares")).json()["items"] == [view]
    async with served.client("lee@example.com") as lee:
        assert (await lee.get("/api/shares")).json()["items"] == []
        for answer in (await lee.get(path), await lee.post(path, json={}), await lee.delete(path)):
            assert answer.status_code == 404
    assert (await page(served, link)).status_code == 200
    assert (await client.delete(path)).status_code == 204
    for answer in (await client.get(path), await client.delete(path)):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_shared")
    empty = (await client.post("/api/conversations", json={})).json()["id"]
    refused = await client.post(f"/api/conversations/{empty}/share", json={})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "nothing_to_share")
    again = await client.post(path, json={})
    assert httpx.URL(again.json()["url"]).path != link


async def test_what_is_being_written_is_not_shared(served: Served, client: httpx.AsyncClient) -> None:
    served.engine.gate.clear()
    async with client.stream("POST", "/api/chat", json={"content": "x"}) as running:
        await anext(running.aiter_lines())
        conversation = (await client.get("/api/conversations")).json()["items"][0]["id"]
        for path in (f"/api/conversations/{conversation}/share",):
            refused = await client.post(path, json={})
            assert (refused.status_code, refused.json()["error"]["code"]) == (409, "still_running")
        (_, answer) = (await client.get(f"/api/conversations/{conversation}/messages")).json()["items"]
        assert (await client.post(f"/api/messages/{answer['id']}/fork")).status_code == 409
        served.engine.gate.set()


async def test_a_signed_in_reader_goes_on_in_a_copy(served: Served, client: httpx.AsyncClient) -> None:
    conversation, link = await shared(client)
    await client.patch(f"/api/conversations/{conversation}", json={"system_prompt": "geheim"})
    async with served.client("lee@example.com") as lee:
        assert "Continue this conversation" in (await lee.get(link, headers=PAGE)).text
        taken = await lee.post(link + "/continue", headers={"Sec-Fetch-Site": "same-origin", "Origin": "null"})
        assert taken.status_code == 303
        copy = taken.headers["location"].removeprefix("/c/")
        view = (await lee.get(f"/api/conversations/{copy}")).json()
        assert (view["title"], view["system_prompt"]) == ("비밀 질문", None)
        items = (await lee.get(f"/api/conversations/{copy}/messages")).json()["items"]
        assert items[0]["content"] == "비밀 질문"
        assert [one["receipt"] for one in items] == [None, None]
        await chat(lee, "und weiter", conversation_id=copy)
        assert (await lee.post("/share/x/continue")).status_code == 404
        evil = await lee.post(link + "/continue", headers={"Origin": "https://evil.example"})
        assert evil.status_code == 403
    assert len((await client.get(f"/api/conversations/{conversation}/messages")).json()["items"]) == 2
    async with httpx.AsyncClient(base_url=served.url) as stranger:
        sent = await stranger.post(link + "/continue", headers={"Sec-Fetch-Site": "same-origin"})
        assert (sent.status_code, sent.headers["location"]) == (303, f"/login?next={link}")


async def test_a_branch_is_a_conversation_of_its_own(client: httpx.AsyncClient) -> None:
    first = (await chat(client, "eins"))[0]["data"]
    conversation = f"/api/conversations/{first['conversation_id']}"
    settings = {"system_prompt": "kurz", "params": {"seed": 1}, "title": "Titel"}
    await client.patch(conversation, json=settings)
    await chat(client, "zwei", conversation_id=first["conversation_id"])
    forked = await client.post(f"/api/messages/{first['message_id']}/fork")
    assert forked.status_code == 201
    copy = forked.json()
    assert {name: copy[name] for name in settings} == settings
    items = (await client.get(f"/api/conversations/{copy['id']}/messages")).json()["items"]
    originals = (await client.get(conversation + "/messages")).json()["items"]
    assert [one["content"] for one in items] == [one["content"] for one in originals[:2]]
    assert items[1]["receipt"] == originals[1]["receipt"]
    assert not {one["id"] for one in items} & {one["id"] for one in originals}
    assert (await client.get("/api/conversations")).json()["items"][0]["id"] == copy["id"]
    assert (await client.delete(conversation)).status_code == 204
    await chat(client, "drei", conversation_id=copy["id"])


async def test_tokens_of_links_are_in_no_log(
    served: Served, client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    _, link = await shared(client)
    await page(served, link)
    logged = capsys.readouterr().out
    assert "path=/share/-" in logged
    assert link.removeprefix("/share/") not in logged
