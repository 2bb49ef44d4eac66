"""The settings in force: each with its value and source, and no secret among them."""

import json
import os
from pathlib import Path

import httpx
import pytest

from app.auth.current import CurrentUser
from app.config import PREFIX, load_settings
from app.db import new_id
from app.observability.settings_in_force import SettingsInForce, SettingView, without_credentials
from tests.app.serving import Served

ADMIN = CurrentUser(new_id(), "a@example.com", "admin", "jwt", None)
SECRET = "hunter2-hunter2"
GIVEN = {
    "CHAT_DATABASE__URL": f"postgresql+asyncpg://chat:{SECRET}@db:5432/chat?password={SECRET}",
    "CHAT_REDIS__URL": f"redis://:{SECRET}@cache:6379/0",
    "CHAT_SMTP__URL": f"smtps://post:{SECRET}@mail.example.com",
    "CHAT_AUTH__SECRET": SECRET * 3,
    "CHAT_ADMIN__EMAIL": "boss@example.com",
    "CHAT_ADMIN__PASSWORD": SECRET,
    "CHAT_ENGINE__API_KEY": SECRET,
    "CHAT_ENGINE__EXTRA_ARGS": json.dumps({"hf_token": SECRET, "max_num_batched_tokens": 2048, "tokenizer": "x"}),
    "CHAT_MODELS": json.dumps([{"name": "big", "base_url": "http://gpu:8000/v1", "api_key": SECRET}]),
    "CHAT_LIMITS": json.dumps({"concurrent": 7}),
}


@pytest.fixture
def in_force(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, SettingView]:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    (tmp_path / ".env").write_text("CHAT_PORT=9000\nCHAT_QUEUE__MAX_WAITING=3\n")
    monkeypatch.chdir(tmp_path)
    return {one.name: one for one in SettingsInForce(load_settings()).list(ADMIN).items}


def test_no_secret_is_shown(in_force: dict[str, SettingView]) -> None:
    assert SECRET not in "".join(one.model_dump_json() for one in in_force.values())
    assert in_force["CHAT_DATABASE__URL"].value == "postgresql+asyncpg://***masked***@db:5432/chat?***masked***"
    assert in_force["CHAT_AUTH__SECRET"].value == in_force["CHAT_ADMIN__PASSWORD"].value == "***masked***"
    extra = json.loads(in_force["CHAT_ENGINE__EXTRA_ARGS"].value or "")
    assert extra == {"hf_token": "***masked***", "max_num_batched_tokens": 2048, "tokenizer": "x"}
    [model] = json.loads(in_force["CHAT_MODELS"].value or "")
    assert model == {"name": "big", "base_url": "http://gpu:8000/v1", "api_key": "***masked***", "fallback": None}


def test_every_setting_tells_where_it_comes_from(in_force: dict[str, SettingView]) -> None:
    told = {name: (one.value, one.source) for name, one in in_force.items()}
    assert told["CHAT_PORT"] == ("9000", "file")
    assert told["CHAT_QUEUE__MAX_WAITING"] == ("3", "file")
    assert told["CHAT_ADMIN__EMAIL"] == ("boss@example.com", "environment")
    assert told["CHAT_LIMITS__CONCURRENT"] == ("7", "environment")
    assert told["CHAT_LIMITS__REQUESTS"] == ("60/minute", "default")
    assert told["CHAT_GENERATIONS__TITLES"] == ("true", "default")
    # Unset, and what counts in its place; unset, and nothing does.
    assert told["CHAT_ENGINE__CACHE_SALT"] == ("none", "default")
    assert told["CHAT_PUBLIC_URL"] == (None, "default")
    assert told["CHAT_SMTP__FROM"] == (None, "default")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("redis://u:p/w@h@cache/0", "redis://***masked***@cache/0"),
        ("https://example.com/v1", "https://example.com/v1"),
        ("https://example.com/?key=1#x", "https://example.com/?***masked***"),
        ("a@example.com", "a@example.com"),
    ],
)
def test_addresses_without_credentials(text: str, safe: str) -> None:
    assert without_credentials(text) == safe


async def test_for_administrators(served: Served, client: httpx.AsyncClient) -> None:
    everything = (await client.get("/api/admin/settings")).json()["items"]
    assert {"name": "CHAT_PORT", "value": "8000", "source": "default"} in everything
    assert {"name": "CHAT_GENERATIONS__TITLES", "value": "false", "source": "program"} in everything
    found = (await client.get("/api/admin/settings", params={"q": " max_NUM "})).json()["items"]
    assert [one["name"] for one in found] == ["CHAT_ENGINE__MAX_NUM_SEQS"]
    async with served.client("lee@example.com") as lee:
        assert (await lee.get("/api/admin/settings")).status_code == 403
