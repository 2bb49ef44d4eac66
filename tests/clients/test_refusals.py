"""Every refusal is an exception of the client's own, with words."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anthropic
import httpx
import openai
import pytest

from tests.clients.access import MESSAGES, MODEL, TOO_LONG, Access, new_key
from tests.e2e.api import sign_in
from tests.rig.server import Server

pytestmark = pytest.mark.vllm

PLAIN: dict[str, Any] = {"model": MODEL, "messages": MESSAGES, "max_tokens": 4}
IMAGE = {"type": "image_url", "image_url": {"url": "http://127.0.0.1/x.png"}}
PICTURE = {"type": "image", "source": {"type": "url", "url": "http://127.0.0.1/x.png"}}


@contextmanager
def both(access: Access) -> Iterator[tuple[openai.OpenAI, anthropic.Anthropic]]:
    """The two clients, which do not try again."""
    with openai.OpenAI(base_url=access.v1, api_key=access.key, max_retries=0) as client:
        with anthropic.Anthropic(base_url=access.url, api_key=access.key, max_retries=0) as claude:
            yield client, claude


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("wrong", "param", "words"),
    [
        ({"n": 100}, "n", "at most 8"),
        ({"max_tokens": -1}, "max_tokens", "at least 1"),
        ({"temperature": 9}, "temperature", "[0, 2]"),
        ({"messages": [{"role": "user", "content": [IMAGE]}]}, "messages", "text only"),
        ({"messages": []}, None, "at least one message"),
        ({"messages": "hello"}, "messages", "valid"),
        ({"tool_choice": "required"}, "tool_choice", "tools"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_request(client: openai.OpenAI, stream: bool, wrong: dict[str, Any], param: str, words: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(**PLAIN | wrong, stream=stream)
    assert (refused.value.type, refused.value.param) == ("invalid_request_error", param)
    assert words in refused.value.message
    assert refused.value.request_id


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"max_tokens": -1}, "positive"),
        ({"messages": [{"role": "user", "content": [PICTURE]}]}, "text only"),
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "user", "content": TOO_LONG}]}, "8192"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_request_of_anthropics_client(claude: anthropic.Anthropic, wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(anthropic.BadRequestError) as refused:
        claude.messages.create(**PLAIN | wrong)
    assert refused.value.type == "invalid_request_error"
    assert words in str(refused.value)
    assert refused.value.request_id


@pytest.mark.parametrize("stream", [False, True])
def test_a_prompt_that_is_too_long(client: openai.OpenAI, stream: bool) -> None:
    with pytest.raises(openai.BadRequestError, match="8192") as refused:
        client.chat.completions.create(**PLAIN | {"messages": [{"role": "user", "content": TOO_LONG}]}, stream=stream)
    assert refused.value.code == "context_length_exceeded"
    with pytest.raises(openai.BadRequestError, match="8192"):
        client.responses.create(model=MODEL, input=TOO_LONG, stream=stream)
    with pytest.raises(openai.BadRequestError, match="8192"):
        client.completions.create(model=MODEL, prompt=TOO_LONG, stream=stream)


def test_an_unknown_model(client: openai.OpenAI, claude: anthropic.Anthropic) -> None:
    with pytest.raises(openai.NotFoundError, match="gpt-4") as refused:
        client.chat.completions.create(**PLAIN | {"model": "gpt-4"})
    assert (refused.value.code, refused.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4")
    with pytest.raises(anthropic.NotFoundError, match="claude-4"):
        claude.messages.create(**PLAIN | {"model": "claude-4"})


def test_a_wrong_key(access: Access) -> None:
    with both(Access(access.url, "vcsk-wrong", "")) as (client, claude):
        with pytest.raises(openai.AuthenticationError, match="key") as refused:
            client.chat.completions.create(**PLAIN, stream=True)
        assert refused.value.type == "authentication_error"
        with pytest.raises(anthropic.AuthenticationError, match="key") as other:
            claude.messages.create(**PLAIN)
        assert other.value.type == "authentication_error"


def test_a_viewer_may_only_look(live_server: Server, admin: httpx.Client, no_proxy: None) -> None:
    with sign_in(live_server.url) as person:
        me = person.get("/api/users/me").json()["id"]
        access = new_key(person)
        assert admin.patch(f"/api/admin/users/{me}", json={"role": "viewer"}).status_code == 200
    with both(access) as (client, claude):
        assert client.models.retrieve(MODEL).id == MODEL
        with pytest.raises(openai.PermissionDeniedError, match="role") as refused:
            client.chat.completions.create(**PLAIN)
        assert refused.value.type == "permission_error"
        with pytest.raises(anthropic.PermissionDeniedError, match="role"):
            claude.messages.create(**PLAIN)


def test_the_limit_of_a_key(live_server: Server, admin: httpx.Client, no_proxy: None) -> None:
    with sign_in(live_server.url) as person:
        access = new_key(person)
    limits = admin.put(f"/api/admin/limits/key:{uuid.UUID(access.key_id)}", json={"requests": "1/minute"})
    assert limits.status_code == 200, limits.text
    with both(access) as (client, claude):
        client.chat.completions.create(**PLAIN)
        with pytest.raises(openai.RateLimitError, match="Too many requests") as refused:
            client.chat.completions.create(**PLAIN)
        assert (refused.value.code, refused.value.type) == ("rate_limited", "rate_limit_error")
        assert 1 <= int(refused.value.response.headers["Retry-After"]) <= 60
        assert refused.value.response.headers["X-RateLimit-Remaining"] == "0"
        with pytest.raises(anthropic.RateLimitError, match="Too many requests") as other:
            claude.messages.create(**PLAIN)
        assert other.value.type == "rate_limit_error"
        assert 1 <= int(other.value.response.headers["Retry-After"]) <= 60
