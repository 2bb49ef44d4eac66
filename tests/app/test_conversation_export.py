"""One conversation as a file: JSON with everything, Markdown as it was written, and the name of the file."""

from email.message import Message
from urllib.parse import unquote
from uuid import uuid4

import httpx
import pytest

from app.transfer.file_names import attachment, file_name
from tests.app.serving import Served, chat


def saved_as(header: str) -> tuple[str, str]:
    """The names that new and old programs read."""
    message = Message()
    message["Content-Disposition"] = header
    plain = header.partition('filename="')[2].partition('"')[0]
    return unquote(header.partition("filename*=UTF-8''")[2]), plain


@pytest.mark.parametrize(
    ("title", "whole", "plain"),
    [
        ("회의 요약", "회의 요약.md", "conversation.md"),
        ("GPU 비교", "GPU 비교.md", "GPU.md"),
        ("../../etc/passwd", "etc passwd.md", "etc passwd.md"),
        ('a"; filename="b.exe', "a ; filename= b.exe.md", "a ; filename= b.exe.md"),
        ("line\r\nX-Evil: 1", "line X-Evil 1.md", "line X-Evil 1.md"),
        ("\u202egnp.exe", "gnp.exe.md", "gnp.exe.md"),
        ("con", "conversation.md", "conversation.md"),
        ("...", "conversation.md", "conversation.md"),
        ("", "conversation.md", "conversation.md"),
    ],
)
def test_file_names(title: str, whole: str, plain: str) -> None:
    header = attachment(title, "md")
    assert header.isascii()
    assert "\n" not in header
    assert saved_as(header) == (whole, plain)
    assert len(file_name("가" * 500, "md")) < 100


async def test_json_holds_the_whole_tree_and_its_settings(client: httpx.AsyncClient) -> None:
    first = (await chat(client, "첫 질문"))[0]["data"]
    path = f"/api/conversations/{first['conversation_id']}"
    await client.patch(path, json={"title": "비교", "system_prompt": "짧게", "params": {"temperature": 0.5}})
    await client.post(f"/api/messages/{first['message_id']}/regenerate", headers={"Accept": "application/json"})
    answer = await client.get(path + "/export")
    assert answer.headers["content-type"] == "application/json"
    assert saved_as(answer.headers["content-disposition"])[0] == "비교.json"
    document = answer.json()
    assert (document["format"], document["version"]) == ("vllm-chat", 1)
    (conversation,) = document["conversations"]
    messages = (await client.get(path + "/messages")).json()["items"]
    assert conversation.pop("messages") == messages
    assert len(messages) == 3
    assert conversation == (await client.get(path)).json()


async def test_markdown_is_the_path_as_it_was_written(served: Served, client: httpx.AsyncClient) -> None:
    served.engine.reply = "# Title\n\n| a | b |\n|---|---|\n| 1 | $x^2$ |\n"
    first = (await chat(client, "첫 질문\n  - 그대로"))[0]["data"]
    path = f"/api/conversations/{first['conversation_id']}"
    served.engine.reply = "second version"
    await client.post(f"/api/messages/{first['message_id']}/regenerate", headers={"Accept": "application/json"})
    await client.patch(path, json={"title": "그대로", "system_prompt": "짧게"})
    newest = await client.get(path + "/export?format=md", headers={"Accept-Language": "ko"})
    assert newest.headers["content-type"] == "text/markdown; charset=utf-8"
    assert saved_as(newest.headers["content-disposition"])[0] == "그대로.md"
    assert newest.text.startswith("# 그대로\n\n## 시스템 프롬프트\n\n짧게\n\n## 나 · ")
    assert "\n\n첫 질문\n  - 그대로\n" in newest.text
    assert "second version" in newest.text
    assert "| $x^2$ |" not in newest.text
    shown = await client.get(path + f"/export?format=md&leaf={first['message_id']}", headers={"Accept-Language": "en"})
    assert "# Title\n\n| a | b |\n|---|---|\n| 1 | $x^2$ |\n" in shown.text
    assert "## You · " in shown.text
    assert (await client.get(path + f"/export?format=md&leaf={uuid4()}")).status_code == 404
    assert (await client.get(path + "/export?format=pdf")).status_code == 422


async def test_an_empty_conversation(client: httpx.AsyncClient) -> None:
    made = (await client.post("/api/conversations", json={})).json()
    path = f"/api/conversations/{made['id']}/export"
    assert (await client.get(path)).json()["conversations"][0]["messages"] == []
    assert (await client.get(path + "?format=md", headers={"Accept-Language": "en"})).text == "# Untitled\n"


async def test_the_page_to_print_holds_texts_safely_and_runs_none(served: Served, client: httpx.AsyncClient) -> None:
    served.engine.reply = '[x](https://e.example "<script onmouseover=alert(1) x") **bold** <script>alert(2)</script>'
    first = (await chat(client, "<script>alert(3)</script>"))[0]["data"]
    answer = await client.get(f"/c/{first['conversation_id']}/print")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "nonce" not in policy + answer.text
    assert "unsafe" not in policy
    assert answer.text.count("<script") == answer.text.count('<script src="/static/') + answer.text.count('"<script')
    assert "<strong>bold</strong>" in answer.text
    assert "&lt;script&gt;alert(3)" in answer.text
    assert answer.headers["x-robots-tag"].startswith("noindex")
    assert answer.headers["cache-control"] == "no-store"
    async with served.client("lee@example.com") as lee:
        for path in (first["conversation_id"], str(uuid4()), "x"):
            other = await lee.get(f"/c/{path}/print")
            assert (other.status_code, "bold" in other.text) == (404, False)


async def test_attachments_are_folded_on_the_page_and_hold_no_markup(client: httpx.AsyncClient) -> None:
    question = 'See:\n\n```text file="<b>notes</b>.txt"\n<script>alert(1)</script>\n```\n\nWhat is it?'
    first = (await chat(client, question))[0]["data"]
    html = (await client.get(f"/c/{first['conversation_id']}/print")).text
    assert "<summary>&lt;b&gt;notes&lt;/b&gt;.txt</summary>" in html
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html
    assert html.count('class="said-text"') == 2
