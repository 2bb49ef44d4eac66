"""`/v1` in front of an engine: who may, what is counted, what is passed on."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.app.openai_calls import ALL, CHAT, calling, rows, scripted_api, until
from tests.app.serving import Served
from tests.app.test_limits import used
from tests.scripted_api import ScriptedApi


@pytest.fixture
async def admin(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    """The first account administrates."""
    async with served.client("first@example.com") as client:
        yield client


@pytest.fixture
def api(served: Served) -> ScriptedApi:
    return scripted_api(served)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", ALL)
async def test_an_answer_is_counted_once(
    served: Served, admin: httpx.AsyncClient, api: ScriptedApi, path: str, stream: bool
) -> None:
    answer = await admin.post(path, json=ALL[path] | {"stream": stream})
    assert answer.status_code == 200
    assert "one" in answer.text
    assert answer.headers["content-type"].startswith("text/event-stream") == stream
    (row,) = await rows(served, 1)
    tokens = (row["prompt_tokens"], row["completion_tokens"], row["cached_tokens"])
    assert (row["route"], row["status"], row["model"], tokens) == (path, "done", "scripted", (3, 3, 1))
    assert (await used(admin, "tokens_per_day"))["used"] == 6
    assert (await used(admin, "concurrent"))["used"] == 0
    page = (await admin.get("/metrics")).text
    assert 'chat_requests_total{model="scripted",status="done"}' in page


async def test_models(admin: httpx.AsyncClient, api: ScriptedApi) -> None:
    listed = (await admin.get("/v1/models")).json()
    assert [one["id"] for one in listed["data"]] == ["scripted", "adapter"]
    assert listed["data"][1]["parent"] == "scripted"
    assert listed["first_id"] == "scripted"
    assert (await admin.get("/v1/models/adapter")).json() == listed["data"][1]
    assert (await admin.get("/v1/models/gpt-4")).json()["error"]["code"] == "model_not_found"


async def test_the_model_is_chosen_by_name(admin: httpx.AsyncClient, api: ScriptedApi) -> None:
    for known in (None, "scripted", "adapter"):
        answered = await admin.post(CHAT, json=ALL[CHAT] | {"model": known})
        assert answered.json()["model"] == (known or "scripted")
    for name in ("gpt-4", "", 7, ["scripted"]):
        refused = await admin.post(CHAT, json=ALL[CHAT] | {"model": name})
        assert refused.status_code == 404
        assert refused.json()["error"] | {"request_id": ""} == {
            "message": f"The model {str(name)!r} does not exist.",
            "type": "invalid_request_error",
            "param": "model",
            "code": "model_not_found",
            "request_id": "",
        }


async def test_what_decides_further_in_is_ours(admin: httpx.AsyncClient, api: ScriptedApi) -> None:
    ours = {"priority": -9, "cache_salt": "theirs", "request_id": "x", "session_id": "y"}
    headers = {"X-Request-Id": "theirs", "X-data-parallel-rank": "1", "traceparent": "00-1-1-00"}
    assert (await admin.post(CHAT, json=ALL[CHAT] | ours, headers=headers)).status_code == 200
    assert api.bodies == [ALL[CHAT] | {"model": "scripted"}]
    assert set(api.headers[0]) == {"content-type", "x-request-id"}
    assert api.headers[0]["x-request-id"] != "theirs"


REFUSED: list[tuple[str, Any]] = [
    ("n", 9),
    ("n", 1e9),
    ("best_of", 100),
    ("top_logprobs", 21),
    ("logprobs", 99),
    ("prompt_logprobs", 20),
    ("chat_template", "{{ messages }}"),
    ("chat_template_kwargs", {"tokenize": True}),
    ("chat_template_kwargs", {"enable_thinking": "yes"}),
    ("prompt_embeds", "AAAA"),
    ("use_beam_search", True),
    ("vllm_xargs", {"a": 1}),
    ("logit_bias", {str(index): 1 for index in range(301)}),
    ("stop", ["x"] * 17),
    ("tools", [{}] * 129),
    ("response_format", {"type": "json_schema", "json_schema": {"schema": {"maxLength": 10**9}}}),
    ("structured_outputs", {"regex": "((a{99}){99}){99}"}),
    ("structured_outputs", {"regex": "a" * 513}),
    ("structured_outputs", {"json": '{"properties": {"a": {"pattern": "a{5000}"}}}'}),
    ("structured_outputs", {"choice": ["x" * 40_000]}),
    ("messages", [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x/y.png"}}]}]),
    ("messages", [{"role": "user", "content": [{"image_url": {"url": "http://x/y.png"}}]}]),
    ("messages", [{"role": "user", "content": [{"type": "tool_result", "content": [{"type": "image"}]}]}]),
    ("input", [{"role": "user", "content": [{"type": "input_file", "file_url": "http://169.254.169.254/"}]}]),
    ("prompt", ["x"] * 33),
]


async def test_refused_before_the_engine(admin: httpx.AsyncClient, api: ScriptedApi) -> None:
    for name, value in REFUSED:
        refused = await admin.post(CHAT, json=ALL[CHAT] | {name: value})
        assert refused.status_code == 400, (name, refused.text)
        assert refused.json()["error"]["param"] == name
        assert refused.json()["error"]["type"] == "invalid_request_error"
    assert not api.bodies


async def test_thinking_can_be_switched(admin: httpx.AsyncClient, api: ScriptedApi) -> None:
    switches = {"chat_template_kwargs": {"enable_thinking": False}}
    assert (await admin.post(CHAT, json=ALL[CHAT] | switches)).status_code == 200


NO_BODIES = [
    ("application/json", b""),
    ("application/json", b"[1]"),
    ("application/json", b'{"a": '),
    ("application/json", b'{"a": NaN}'),
    ("application/json", b'{"a": "\\ud800"}'),
    ("application/json", b"[" * 100_000),
    ("application/json", b"\xff\xfe"),
    ("text/plain", b"{}"),
    ("application/x-www-form-urlencoded", b"a=1"),
]


async def test_a_body_that_is_none(admin: httpx.AsyncClient, api: ScriptedApi) -> None:
    for path in (*ALL, "/v1/embeddings", "/tokenize", "/v1/messages/count_tokens"):
        for kind, data in NO_BODIES:
            refused = await admin.post(path, content=data, headers={"Content-Type": kind})
            assert refused.status_code == 400, (path, kind, data[:20])
            assert refused.json()["error"]["message"]
    assert not api.bodies


async def test_what_the_engine_refuses_is_passed_on_and_costs_nothing(
    served: Served, admin: httpx.AsyncClient, api: ScriptedApi
) -> None:
    api.status = 400
    refused = await admin.post(CHAT, json=ALL[CHAT])
    assert (refused.status_code, refused.json()) == (400, {"error": {"message": "no", "code": 400}})
    (row,) = await rows(served, 1)
    assert (row["status"], row["error_code"], row["completion_tokens"]) == ("refused", "invalid_request", 0)
    assert (await used(admin, "tokens_per_day"))["used"] == 0


async def test_limits_and_queue_hold_here_too(served: Served, admin: httpx.AsyncClient, api: ScriptedApi) -> None:
    api.gate.clear()
    me = (await admin.get("/api/users/me")).json()["id"]
    await admin.put(f"/api/admin/limits/user:{me}", json={"concurrent": 1})
    async with calling(admin) as first:
        await until(lambda: api.running)
        refused = await admin.post(CHAT, json=ALL[CHAT])
        assert refused.status_code == 429
        assert refused.json()["error"]["type"] == "rate_limit_error"
        assert int(refused.headers["Retry-After"]) >= 1
        api.gate.set()
        assert (await first).status_code == 200
    assert sorted(row["status"] for row in await rows(served, 2)) == ["done", "refused"]
