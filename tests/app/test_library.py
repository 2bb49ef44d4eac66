"""Presets and saved prompts: kept, changed, one default at most, a number at most."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.library import service
from tests.app.serving import Served

PRESET = {
    "name": "번역가",
    "model": "scripted",
    "system_prompt": "Translate to English.",
    "params": {"temperature": 0.2, "stop": ["끝"]},
}


async def make(client: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_preset_is_kept_changed_and_deleted(served: Served, client: httpx.AsyncClient) -> None:
    made = await make(client, "/api/presets", **PRESET)
    assert {key: made[key] for key in ("name", "model", "system_prompt", "is_default")} == {
        **{key: PRESET[key] for key in ("name", "model", "system_prompt")}, "is_default": False,
    }  # fmt: skip
    assert {key: value for key, value in made["params"].items() if value is not None} == PRESET["params"]
    assert (await client.get("/api/presets")).json() == {"items": [made]}
    path = f"/api/presets/{made['id']}"
    changed = (await client.patch(path, json={"model": None, "system_prompt": None, "name": None})).json()
    assert (changed["name"], changed["model"], changed["system_prompt"]) == ("번역가", None, None)
    assert changed["params"] == made["params"]
    emptied = (await client.patch(path, json={"params": {}})).json()
    assert set(emptied["params"].values()) == {None}
    assert (await client.delete(path)).status_code == 204
    for method in ("DELETE", "PATCH"):
        gone = await client.request(method, path, json={"name": "x"} if method == "PATCH" else None)
        assert (gone.status_code, gone.json()["error"]["code"]) == (404, "preset_not_found")


async def test_one_preset_at_most_is_the_default(served: Served, client: httpx.AsyncClient) -> None:
    first = await make(client, "/api/presets", name="a", is_default=True)
    await make(client, "/api/presets", name="b", is_default=True)

    async def defaults() -> list[str]:
        return [item["name"] for item in (await client.get("/api/presets")).json()["items"] if item["is_default"]]

    assert await defaults() == ["b"]
    await client.patch(f"/api/presets/{first['id']}", json={"is_default": True})
    assert await defaults() == ["a"]
    # One that is not there takes nothing away.
    assert (await client.patch(f"/api/presets/{uuid4()}", json={"is_default": True})).status_code == 404
    assert await defaults() == ["a"]
    await client.patch(f"/api/presets/{first['id']}", json={"is_default": False})
    assert await defaults() == []


async def test_prompts_by_title(client: httpx.AsyncClient) -> None:
    later = await make(client, "/api/prompts", title="b", text="Translate {{text}} to {{language}}")
    await make(client, "/api/prompts", title="A", text="한국어 {{글}}")
    assert [item["title"] for item in (await client.get("/api/prompts")).json()["items"]] == ["A", "b"]
    path = f"/api/prompts/{later['id']}"
    assert (await client.patch(path, json={"title": "0"})).json()["text"] == later["text"]
    assert [item["title"] for item in (await client.get("/api/prompts")).json()["items"]] == ["0", "A"]
    assert (await client.delete(path)).status_code == 204
    assert (await client.patch(path, json={"title": "x"})).json()["error"]["code"] == "prompt_not_found"


async def test_there_is_an_end_to_how_many(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_PRESETS", 1)
    monkeypatch.setattr(service, "MAX_PROMPTS", 1)
    for path, body in (("/api/presets", {"name": "a"}), ("/api/prompts", {"title": "a", "text": "a"})):
        await make(client, path, **body)
        full = await client.post(path, json=body)
        assert (full.status_code, full.json()["error"]["code"]) == (409, f"too_many_{path.rsplit('/', 1)[1]}")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("presets", {"name": " "}, "name"),
        ("presets", {"name": "x" * 101}, "name"),
        ("presets", {"name": "x", "params": {"temperature": 3}}, "params.temperature"),
        ("presets", {"name": "x", "params": {"heat": 1}}, "params.heat"),
        ("presets", {"name": "x", "system_prompt": "x" * 20_001}, "system_prompt"),
        ("prompts", {"title": "x"}, "text"),
        ("prompts", {"title": "x", "text": "\u0000"}, "text"),
        ("prompts", {"title": "x", "text": "x" * 20_001}, "text"),
    ],
)
async def test_bad_ones_are_refused_by_name(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], field: str
) -> None:
    answer = await client.post(f"/api/{path}", json=body)
    assert answer.status_code == 422
    assert field in answer.json()["error"]["message"]


async def test_an_unknown_model_is_no_preset(served: Served, client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/presets", json={"name": "x", "model": "nobody"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")
