"""Limits that administrators set: per role, user and key."""

import httpx

from tests.app.serving import PASSWORD, Served, chat
from tests.app.test_limits import code, figures, used, user_of


async def test_the_most_specific_limit_counts_field_by_field(served: Served) -> None:
    async with served.client() as admin, served.client("lee@example.com") as lee:
        user = await user_of(lee)
        await admin.put("/api/admin/limits/role:member", json={"requests": "50/minute", "concurrent": 2})
        await admin.put(f"/api/admin/limits/user:{user.id}", json={"concurrent": 3})
        assert figures(await lee.get("/api/users/me"))[0] == 50
        assert (await used(lee, "concurrent"))["limit"] == 3
        assert figures(await admin.get("/api/users/me"))[0] == 100_000
        listed = (await admin.get("/api/admin/limits")).json()
        assert [one["subject"] for one in listed["items"]] == ["role:member", f"user:{user.id}"]
        assert listed["default"]["concurrent"] == 64
        assert (await admin.delete("/api/admin/limits/role:member")).status_code == 204
        assert code(await admin.delete("/api/admin/limits/role:member")) == (404, "not_found")
        assert figures(await lee.get("/api/users/me"))[0] == 100_000
        assert code(await lee.get("/api/admin/limits")) == (403, "role_forbidden")
        await lee.request("DELETE", "/api/users/me", json={"password": PASSWORD})
        assert (await admin.get("/api/admin/limits")).json()["items"] == []


async def test_a_key_has_its_own_bucket_within_its_owners(served: Served) -> None:
    async with served.client() as admin:
        key = (await admin.post("/api/keys", json={"name": "ci", "scopes": ["read", "chat"]})).json()
        limits = {"requests": "2/minute", "tokens_per_day": 5}
        await admin.put(f"/api/admin/limits/key:{key['id']}", json=limits)
        async with httpx.AsyncClient(base_url=served.url, headers={"x-api-key": key["key"]}) as program:
            assert (await chat(program))[-1]["event"] == "done"
            own = (await program.get("/api/users/me/usage")).json()
            assert {one["name"]: one["limit"] for one in own["key"]} == {"requests": 2, "tokens_per_day": 5}
            assert next(one for one in own["key"] if one["name"] == "tokens_per_day")["used"] > 5
            assert code(await program.get("/api/users/me")) == (429, "rate_limited")
            await admin.put(f"/api/admin/limits/key:{key['id']}", json=limits | {"requests": "9/minute"})
            assert code(await program.post("/api/chat", json={"content": "안녕"})) == (429, "tokens_per_day")
        assert (await chat(admin))[-1]["event"] == "done"


async def test_bad_subjects_and_values(served: Served, client: httpx.AsyncClient) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    for subject in ("role:king", "user:x", "member", "user:", f"user:{nobody.upper()}x", f"group:{nobody}"):
        assert code(await client.put(f"/api/admin/limits/{subject}", json={})) == (422, "invalid_subject"), subject
    assert code(await client.put(f"/api/admin/limits/user:{nobody}", json={})) == (404, "user_not_found")
    assert code(await client.put(f"/api/admin/limits/key:{nobody}", json={})) == (404, "key_not_found")
    for body in ({"requests": "many"}, {"tokens_per_day": 0}, {"concurrent": -1}, {"tokens": 5}, {"concurrent": 10**9}):
        assert code(await client.put("/api/admin/limits/role:member", json=body))[0] == 422, body
