"""Files of conversations: each comes in whole or not at all, and nothing that is in them does harm."""

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.transfer import archive, elements, imported
from tests.app.chatgpt_export import BEGUN, HIDDEN, TRIP, conversation, message, node
from tests.app.serving import Served, chat

IMPORT = "/api/conversations/import"
JSON = {"Accept": "application/json"}

UNREADABLE = [
    *(b"", b"{}", b"nonsense", b"7", b'"conversations"', b'{"conversations": 7}', b'{"a": "conversations"}'),
    *(b'{"x": {"conversations": [1]}}', b'"' + b"x" * 100, b"\xff\xfe", b"[" * 5000, b'{"a":' * 2000),
]


async def sent(client: httpx.AsyncClient, document: Any) -> dict[str, Any]:
    """The report."""
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    answer = await client.post(IMPORT, content=content)
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


async def messages(client: httpx.AsyncClient, conversation_id: str) -> list[dict[str, Any]]:
    """All messages, oldest first."""
    items: list[dict[str, Any]] = (await client.get(f"/api/conversations/{conversation_id}/messages")).json()["items"]
    return items


def own(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Our own format, with one conversation."""
    return {"conversations": [{"title": "t", "messages": list(items)} | more]}


def said(content: str = "x", **more: Any) -> dict[str, Any]:
    """A message of our own format."""
    return {"id": str(uuid4()), "parent_id": None, "role": "user", "content": content} | more


async def test_what_was_exported_comes_back(served: Served, client: httpx.AsyncClient) -> None:
    first = (await chat(client, "첫 질문 😀"))[0]["data"]
    path = f"/api/conversations/{first['conversation_id']}"
    await client.patch(path, json={"title": "비교", "system_prompt": "짧게", "params": {"seed": 3}, "pinned": True})
    await client.post(f"/api/messages/{first['message_id']}/regenerate", headers=JSON)
    await client.post(f"/api/messages/{first['message_id']}/feedback", json={"value": "up", "comment": "좋음"})
    document = (await client.get(path + "/export")).content
    async with served.client("lee@example.com") as lee:
        report = await sent(lee, document)
        assert (report["imported"], report["skipped"]) == (1, [])
        again = (await lee.get(f"/api/conversations/{report['ids'][0]}/export")).json()["conversations"][0]
        exported = json.loads(document)["conversations"][0]
        names = {one["id"]: two["id"] for one, two in zip(exported["messages"], again["messages"], strict=True)}
        assert not names.keys() & set(names.values())
        for one, two in zip(exported["messages"], again["messages"], strict=True):
            assert names.get(one["parent_id"]) == two["parent_id"]
            changed = {"id", "parent_id", "generation_id"}
            assert {k: v for k, v in one.items() if k not in changed} == {
                k: v for k, v in two.items() if k not in changed
            }
        same = set(exported) - {"id", "messages"}
        assert {name: exported[name] for name in same} == {name: again[name] for name in same}
        # It goes on as if it had been written here, and the same file may come again.
        await chat(lee, "다음", conversation_id=report["ids"][0])
        assert (await sent(lee, document))["ids"] != report["ids"]
        everything = (await lee.get("/api/users/me/export")).content
        assert (await sent(lee, everything))["imported"] == 2


async def test_a_conversation_of_chatgpt(client: httpx.AsyncClient) -> None:
    answer = await client.post(IMPORT, content=json.dumps([TRIP]).encode(), headers={"Accept-Language": "ko"})
    (conversation_id,) = answer.json()["ids"]
    view = (await client.get(f"/api/conversations/{conversation_id}")).json()
    assert (view["title"], view["archived"]) == ("여행 계획", False)
    assert datetime.fromisoformat(view["created_at"]) == datetime.fromtimestamp(BEGUN, UTC)
    items = await messages(client, conversation_id)
    question, sea, why, because, train = items
    assert question["content"] == "[가져오지 않은 첨부: image]\n\n어디로 갈까?"
    assert [one["content"] for one in (sea, why, because)] == ["제주 입니다.", "왜?", "바다가 있어서요."]
    # The path that was shown there is shown here: its leaf is the newest.
    assert train["content"] == "부산입니다.\n\n기차로 가세요."
    assert [one["parent_id"] for one in items] == [None, question["id"], sea["id"], why["id"], question["id"]]
    assert (sea["model"], question["model"], train["status"]) == ("gpt-5", None, "done")
    assert datetime.fromisoformat(sea["created_at"]) == datetime.fromtimestamp(BEGUN + 5, UTC)
    await chat(client, "그래서?", conversation_id=conversation_id)


async def test_the_zip_of_chatgpt(client: httpx.AsyncClient) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr("chat.html", "<script>alert(1)</script>")
        files.writestr("user.json", "[1, 2]")
        files.writestr("conversations.json", json.dumps([TRIP, TRIP]))
    assert (await sent(client, packed.getvalue()))["imported"] == 2


async def test_archives_that_are_bombs(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_UNPACKED", 2_000_000)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr("conversations.json", json.dumps([TRIP]).encode()[:-1] + b", " + b" " * 50_000_000 + b"1]")
    report = await sent(client, packed.getvalue())
    assert (report["imported"], report["skipped"][0]["reason"]) == (1, "file_damaged")
    monkeypatch.setattr(archive, "MAX_DIRECTORY", 50_000)
    crowded = io.BytesIO()
    with zipfile.ZipFile(crowded, "w") as files:
        for number in range(1500):
            files.writestr(f"{number}.json", b"")
    encrypted = bytearray(packed.getvalue())
    encrypted[6] |= 1
    for body in (crowded.getvalue(), packed.getvalue()[:400], b"PK\x03\x04", bytes(encrypted[:-60])):
        answer = await client.post(IMPORT, content=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "import_unreadable")


async def test_each_is_left_out_for_its_reason_and_the_others_come(client: httpx.AsyncClient) -> None:
    first, second = said("q"), said("a", role="assistant")
    circle = [{**first, "parent_id": second["id"]}, {**second, "parent_id": first["id"]}]
    deep: Any = "x"
    for _ in range(elements.MAX_DEPTH + 2):
        deep = [deep]
    odd = [
        ("invalid", {"messages": [said(role="system")]}),
        ("invalid", {"messages": [said(id="1")]}),
        ("unprintable", {"messages": [said("a\x00b")]}),
        ("unprintable", {"title": "\ud800", "messages": [said()]}),
        ("text_too_long", {"messages": [said("x" * (imported.MAX_TEXT + 1))]}),
        ("broken_tree", {"messages": circle}),
        ("broken_tree", {"messages": [first, first]}),
        ("broken_tree", {"messages": [said(parent_id=str(uuid4()))]}),
        ("no_messages", {"messages": []}),
        ("no_messages", conversation(node("s", None, message("system", "x", metadata=HIDDEN)), current="s")),
        ("broken_tree", conversation(node("a", "b", message("user", "x")), node("b", "a", None), current="a")),
        ("unprintable", conversation(node("a", None, message("user", "x\x00")), current="a")),
        ("too_deep", {"messages": [said()], "extra": deep}),
        ("too_large", {"messages": [said()], "extra": "x" * elements.MAX_ELEMENT}),
        ("not_a_conversation", {"mapping": []}),
        ("not_a_conversation", [1, 2]),
        ("not_a_conversation", "a text"),
        ("not_a_conversation", 7),
    ]
    good = {"title": "good", "messages": [first, {**second, "parent_id": first["id"]}]}
    report = await sent(client, [good, *(one for _, one in odd), TRIP])
    assert report["imported"] == 2
    wanted = [(number, reason) for number, (reason, _) in enumerate(odd, start=1)]
    assert [(one["index"], one["reason"]) for one in report["skipped"]] == wanted
    assert "\x00" not in json.dumps(report["skipped"])
    listed = (await client.get("/api/conversations")).json()["items"]
    assert {one["title"] for one in listed} == {"good", "여행 계획"}


async def test_files_that_are_none(client: httpx.AsyncClient) -> None:
    for body in UNREADABLE:
        answer = await client.post(IMPORT, content=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "import_unreadable"), body
    assert (await sent(client, b"\xef\xbb\xbf [] ")) == {"imported": 0, "ids": [], "skipped": []}
    cut = json.dumps([TRIP, TRIP]).encode()
    report = await sent(client, cut[: len(cut) * 3 // 4])
    assert (report["imported"], report["skipped"]) == (
        1,
        [{"index": 1, "title": "", "reason": "file_damaged", "detail": ""}],
    )
    report = await sent(client, b"[" + json.dumps(TRIP).encode() + b', {"messages": [}]]')
    assert [one["reason"] for one in report["skipped"]] == ["invalid_json"]


async def test_times_and_receipts_that_would_do_harm(client: httpx.AsyncClient) -> None:
    start = said("q", created_at="9999-12-31T23:59:59.999999Z")
    bad = {"usage": {"prompt_tokens": "no"}}
    answer = said(
        "a", role="assistant", parent_id=start["id"], created_at="0001-01-01T00:00:00+14:00", status="running"
    )
    receipt = {"context_start": start["id"], "usage": {"prompt_tokens": 3}, "evil": "<script>"}
    report = await sent(
        client, own(start, {**answer, "receipt": receipt}, model="gone", updated_at="9000-01-01T00:00:00")
    )
    first, second = await messages(client, report["ids"][0])
    assert second["parent_id"] == first["id"]
    assert second["status"] == "interrupted"
    assert datetime.fromisoformat(first["created_at"]) <= datetime.now(UTC)
    assert second["receipt"]["context_start"] == first["id"]
    assert "evil" not in second["receipt"]
    view = (await client.get(f"/api/conversations/{report['ids'][0]}")).json()
    assert view["model"] is None
    assert datetime.fromisoformat(view["updated_at"]) <= datetime.now(UTC)
    await chat(client, "more", conversation_id=report["ids"][0])
    for value in ("NaN", "1e308", "-1e300", "true", "[]", '"x"'):
        odd = json.dumps([TRIP]).replace(str(BEGUN + 5), value).encode()
        assert (await sent(client, odd))["imported"] == 1, value
    report = await sent(client, own(said(receipt=bad, role="assistant")))
    assert report["skipped"][0]["reason"] == "invalid"


async def test_bounds(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.transfer.importing.MAX_CONVERSATIONS", 2)
    report = await sent(client, [TRIP, TRIP, TRIP, TRIP])
    assert (report["imported"], report["skipped"][0]["reason"]) == (2, "too_many_conversations")
    assert (await client.post(IMPORT, content=bytes(64 * 1024 * 1024 + 1))).status_code == 413
