"""Administrators see everybody's API keys, limit them and end them."""

from typing import Any

import httpx

from tests.app.serving import Served, until_refused


async def made(client: httpx.AsyncClient, name: str, **more: Any) -> dict[str, Any]:
    answer = await client.post("/api/keys", json={"name": name, **more})
    assert answer.status_code == 201
    key: dict[str, Any] = answer.json()
    return key


async def test_all_keys_by_owner_and_page_by_page(served: Served, client: httpx.AsyncClient) -> None:
    async with served.client("lee@example.com") as lee:
        keys = [await made(client, "mine"), await made(lee, "one", scopes=["read"]), await made(lee, "two")]
    listed = await client.get("/api/admin/keys")
    items = listed.json()["items"]
    told = [(one["name"], one["owner"], one["prefix"], one["scopes"]) for one in items]
    owners = ("kim@example.com", "lee@example.com", "lee@example.com")
    assert (
        told
        == [(key["name"], owner, key["prefix"], key["scopes"]) for key, owner in zip(keys, owners, strict=True)][::-1]
    )
    assert items[0]["last_used_at"] is None
    assert not any(key["key"] in listed.text for key in keys)
    assert "key_hash" not in listed.text
    found = (await client.get("/api/admin/keys", params={"q": "LEE@", "limit": 1})).json()
    assert [one["name"] for one in found["items"]] == ["two"]
    rest = (await client.get("/api/admin/keys", params={"q": "lee@", "cursor": found["next"]})).json()
    assert ([one["name"] for one in rest["items"]], rest["next"]) == (["one"], None)
    assert (await client.get("/api/admin/keys", params={"q": "%"})).json()["items"] == []
    assert (await client.get("/api/admin/keys", params={"cursor": "x"})).status_code == 422


async def test_a_revoked_key_opens_nothing_and_the_audit_log_has_it(served: Served, client: httpx.AsyncClient) -> None:
    async with served.client("lee@example.com") as lee, httpx.AsyncClient(base_url=served.url) as program:
        key = await made(lee, "program")
        program.headers["Authorization"] = f"Bearer {key['key']}"
        assert (await program.get("/api/users/me")).status_code == 200
        [used] = (await client.get("/api/admin/keys")).json()["items"]
        assert used["last_used_at"] is not None
        limited = await client.put(f"/api/admin/limits/key:{key['id']}", json={"concurrent": 1})
        assert limited.status_code == 200
        assert (await client.delete(f"/api/admin/keys/{key['id']}")).status_code == 204
        await until_refused(program)
        again = await client.delete(f"/api/admin/keys/{key['id']}")
        assert (again.status_code, again.json()["error"]["code"]) == (404, "key_not_found")
        owner = (await lee.get("/api/users/me")).json()["id"]
    audit = (await client.get("/api/admin/audit", params={"action": "key.revoked"})).json()["items"]
    assert [(one["subject"], one["detail"]) for one in audit] == [(f"key:{key['id']}", {"owner": owner})]


async def test_only_administrators(served: Served, client: httpx.AsyncClient) -> None:
    key = await made(client, "of kim")
    async with served.client("lee@example.com") as lee:
        assert (await lee.get("/api/admin/keys")).status_code == 403
        assert (await lee.delete(f"/api/admin/keys/{key['id']}")).status_code == 403
    assert len((await client.get("/api/keys")).json()["items"]) == 1
