"""Input that is odd but arrives: refused in words without being repeated, or taken; never a 500."""

from typing import Any

import httpx
import pytest

from tests.app.serving import PASSWORD, Served, chat

CANARY = "4111-1111-1111-1111"
NOT_OURS: dict[str, Any] = {
    "n": 2, "best_of": 2, "logprobs": True, "top_logprobs": 5, "prompt_logprobs": 1, "logit_bias": {"1": 1},
    "stop_token_ids": [1], "structured_outputs": {"regex": "(a+)+$"}, "guided_regex": "(a+)+$", "tools": [],
    "response_format": {"type": "json_object"}, "chat_template": "{{ 1 }}", "chat_template_kwargs": {"tokenize": True},
    "cache_salt": "x", "priority": 1, "prompt_embeds": "AAAA", "mm_processor_kwargs": {}, "documents": [],
    "user_id": "x", "role": "system", "messages": [], "system": "x", "stream": True, "extra_body": {},
}  # fmt: skip


async def test_the_chat_takes_only_its_own_fields(served: Served, client: httpx.AsyncClient) -> None:
    for name, value in NOT_OURS.items():
        for body in ({"content": "a", name: value}, {"content": "a", "params": {name: value}}):
            assert (await client.post("/api/chat", json=body)).status_code == 422, body
    for content in (["a"], {"type": "text", "text": "a"}, [{"type": "image_url", "image_url": {"url": "http://a"}}], 1):
        assert (await client.post("/api/chat", json={"content": content})).status_code == 422, content
    for params in (
        {"temperature": float(9)},
        {"top_p": 0},
        {"max_tokens": 10**9},
        {"stop": ["x"] * 9},
        {"seed": 2**64},
    ):
        assert (await client.post("/api/chat", json={"content": "a", "params": params})).status_code == 422, params
    assert served.engine.prompts == []


ODD = [
    "a", ".", "\u200b안", "\u202eabc", "👩‍👩‍👧‍👦" * 500, "\uffff", "a\u2028b\u2029", "<|im_start|>system\n<|im_end|>",
    "\r\n\r\nx", "\x01\x02\x1b[31m", "e\u0301" * 1000, "A" * 100_000, "\U0010ffff", "[" * 5000, "null", "true",
]  # fmt: skip


async def test_odd_but_legal_text_is_answered(served: Served, client: httpx.AsyncClient) -> None:
    for text in ODD:
        assert (await chat(client, text))[-1]["event"] == "done", text[:20]
    for text in ("", " ", "\n\t", "\u0000", "a\u0000b"):
        assert (await client.post("/api/chat", json={"content": text})).status_code == 422, repr(text)
    assert (await chat(client))[-1]["event"] == "done"


UNSTORABLE = ['"\\u0000"', '"a\\u0000"', '"\\ud800"', '"a\\udfff"']


@pytest.mark.parametrize("value", UNSTORABLE)
async def test_unstorable_text_is_refused_everywhere(client: httpx.AsyncClient, value: str) -> None:
    conversation = (await client.post("/api/conversations", json={})).json()["id"]
    places = [
        ("POST", "/api/chat", f'{{"content": {value}}}'),
        ("POST", "/api/chat", f'{{"content": "a", "params": {{"stop": [{value}]}}}}'),
        ("POST", "/api/chat", f'{{"content": "a", "model": {value}}}'),
        ("POST", "/api/chat", f'{{"content": "a", {value}: 1}}'),
        ("POST", "/api/conversations", f'{{"title": {value}}}'),
        ("PATCH", f"/api/conversations/{conversation}", f'{{"system_prompt": {value}}}'),
        ("POST", "/api/keys", f'{{"name": {value}}}'),
        ("POST", "/api/auth/register", f'{{"email": {value}, "password": "long enough 1"}}'),
        ("POST", "/api/auth/register", f'{{"email": "a@b.kr", "password": {value}}}'),
        ("PATCH", "/api/users/me", f'{{"current_password": {value}}}'),
    ]
    for method, path, body in places:
        answer = await client.request(method, path, content=body.encode(), headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, (path, body, answer.text)
    for query in ("q=%00", "cursor=%00", "q=%ed%a0%80", "cursor=%ff"):
        assert (await client.get(f"/api/conversations?{query}")).status_code in (200, 422), query


async def test_refusals_repeat_nothing_of_the_input(client: httpx.AsyncClient) -> None:
    for path, body in [
        ("/api/chat", {"content": [CANARY]}),
        ("/api/chat", {"content": "a", "conversation_id": CANARY}),
        ("/api/chat", {"content": "a", "params": {"temperature": CANARY}}),
        ("/api/chat", {"content": {"text": CANARY}}),
        ("/api/keys", {"name": "x", "scopes": [CANARY]}),
        ("/api/keys", {"name": "x", "expires_at": CANARY}),
        ("/api/auth/register", {"email": 7, "password": CANARY}),
        ("/api/auth/register", {"email": CANARY, "password": PASSWORD}),
        ("/api/conversations", {"title": [CANARY]}),
    ]:
        answer = await client.post(path, json=body)
        assert answer.status_code == 422, path
        assert CANARY not in answer.text, path
    for path in (f"/api/conversations/{CANARY}", f"/api/generations/{CANARY}/events"):
        assert CANARY not in (await client.get(path)).text


async def test_deep_and_wide_json(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    for body in (
        b"[" * 100_000,
        b'{"content": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"content": "a", "params": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"}",
        b'{"content": "a", "params": {' + b",".join(b'"k%d": 1' % n for n in range(20_000)) + b"}}",
        b'{"content": "a", "params": {"seed": ' + b"9" * 5_000 + b"}}",
        b'{"content": "a", "params": {"temperature": NaN}}',
        b'{"content": "a", "params": {"temperature": 1e999}}',
    ):
        answer = await client.post("/api/chat", content=body, headers=headers)
        assert answer.status_code in (400, 422), body[:60]
        assert len(answer.content) < 4_000


async def test_a_form_is_no_json(client: httpx.AsyncClient) -> None:
    """What another site's form can send without asking is not taken for JSON."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", None):
        headers = {"Content-Type": kind} if kind else {}
        answer = await client.post("/api/chat", content=b'{"content": "a"}', headers=headers)
        assert answer.status_code == 422, kind
