"""What opens the service, and what only looks like it."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import httpx
import jwt
import pytest
from pydantic import ValidationError
from sqlalchemy import update

from app.auth.cookie import SESSION_COOKIE
from app.auth.models import Session
from app.auth.tokens import AUDIENCE, read_jwt
from app.db import now
from app.setting_groups import AuthSettings
from tests.app.serving import PASSWORD, Served, until_refused

SECRET = "s" * 40


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed(header: dict[str, Any], claims: dict[str, Any], secret: str = SECRET) -> str:
    """A token by hand: libraries refuse to write the bad ones."""
    body = f"{part(header)}.{part(claims)}"
    digest = {"HS512": hashlib.sha512, "HS384": hashlib.sha384}.get(header.get("alg", ""), hashlib.sha256)
    mac = hmac.new(secret.encode(), body.encode(), digest).digest()
    return f"{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def forgeries(claims: dict[str, Any]) -> dict[str, str]:
    """Each differs in one point from a good token of a session that lives."""
    header = {"alg": "HS256", "typ": "JWT"}
    tokens = {
        "alg none": f"{part({'alg': 'none'})}.{part(claims)}.",
        "alg None": f"{part({'alg': 'None'})}.{part(claims)}.",
        "none with a signature": signed({"alg": "none"}, claims),
        "HS512": signed({"alg": "HS512"}, claims),
        "HS384": signed({"alg": "HS384"}, claims),
        "RS256 in the header": signed({"alg": "RS256"}, claims),
        "other key": signed(header, claims, "x" * 40),
        "empty key": signed(header, claims, ""),
        "no signature": signed(header, claims).rpartition(".")[0] + ".",
        "wrong aud": signed(header, claims | {"aud": "fastapi-users:reset"}),
        "several aud": signed(header, claims | {"aud": ["other"]}),
        "expired": signed(header, claims | {"exp": int(time.time()) - 10}),
        "exp in words": signed(header, claims | {"exp": "never"}),
        "not yet": signed(header, claims | {"nbf": int(time.time()) + 3600}),
        "unknown crit": signed(header | {"crit": ["b64"], "b64": False}, claims),
        "crit of ours": signed(header | {"crit": ["exp-policy"]}, claims),
        "10 KB": signed(header, claims | {"pad": "x" * 10_000}),
        "sub is no text": signed(header, claims | {"sub": 7}),
        "jti is a list": signed(header, claims | {"jti": [claims["jti"]]}),
        "claims are a list": signed(header, [claims]),  # type: ignore[arg-type]
        "payload is no JSON": f"{part(header)}.!!!.x",
    }
    tokens |= {f"no {name}": signed(header, {k: v for k, v in claims.items() if k != name}) for name in claims}
    return tokens


async def test_only_our_own_tokens_open(client: httpx.AsyncClient, anonymous: httpx.AsyncClient) -> None:
    good = client.headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(good, SECRET, algorithms=["HS256"], audience=AUDIENCE)
    assert set(claims) == {"sub", "aud", "exp", "jti"}
    by_hand = signed({"alg": "HS256"}, claims)
    assert (await anonymous.get("/api/users/me", headers={"Authorization": f"Bearer {by_hand}"})).status_code == 200
    for name, token in forgeries(claims).items():
        assert read_jwt(token, SECRET) is None or name == "jti is a list", name
        answer = await anonymous.get("/api/users/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, name


HEADERS = [
    b"Bearer", b"Bearer  x", b"bearer null", b"Bearer undefined", b"Basic a2ltOmtpbQ==", b"Digest x", b"x",
    b"Bearer ' OR '1'='1", b"Bearer '; DROP TABLE users; --", b'Bearer "', b"Bearer %00", b"Bearer \xff\xfe\xfd",
    b"Bearer \xed\xa0\x80", "Bearer 키".encode(), b"Bearer " + b"A" * 8192, b"Bearer vcsk-", b"Bearer vcsk-' OR 1=1 --",
    b"Bearer vcsk-\xff", b"Bearer {}", b"Bearer ${jndi:ldap://x}", b"Bearer ../../etc/passwd", b"Bearer a.b.c.d.e",
]  # fmt: skip


async def test_headers_that_attack_the_lookup(
    anonymous: httpx.AsyncClient, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    for value in HEADERS:
        for name in (b"Authorization", b"x-api-key"):
            answer = await anonymous.get("/api/users/me", headers=[(name, value)])
            assert answer.status_code == 401, (name, value)
            assert answer.json()["error"]["code"] == "unauthorized"
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []
    assert (await client.get("/api/users/me")).status_code == 200


async def test_a_token_wins_over_a_cookie_and_a_bad_one_is_not_forgiven(
    served: Served, client: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    async with served.client("lee@example.com"):
        cookie = await served.services.auth.sign_in("lee@example.com", PASSWORD)
    anonymous.cookies.set(SESSION_COOKIE, cookie)
    kim = {"Authorization": client.headers["Authorization"]}
    assert (await anonymous.get("/api/users/me")).json()["email"] == "lee@example.com"
    assert (await anonymous.get("/api/users/me", headers=kim)).json()["email"] == "kim@example.com"
    assert (await anonymous.get("/api/users/me", headers={"Authorization": "Bearer wrong"})).status_code == 401
    assert (await anonymous.get("/api/users/me", headers=kim | {"x-api-key": "vcsk-wrong"})).status_code == 401


async def test_kinds_of_tokens_are_not_exchanged(
    served: Served, client: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    """A cookie is no bearer token, and the session inside a bearer token is no cookie."""
    cookie = await served.services.auth.sign_in("kim@example.com", PASSWORD)
    jti = read_jwt(client.headers["Authorization"].removeprefix("Bearer "), SECRET)
    assert jti is not None
    claims = {"sub": "x", "aud": AUDIENCE, "exp": int(time.time()) + 60, "jti": cookie}
    for token in (cookie, signed({"alg": "HS256"}, claims)):
        assert (await anonymous.get("/api/users/me", headers={"Authorization": f"Bearer {token}"})).status_code == 401
    anonymous.cookies.set(SESSION_COOKIE, jti)
    assert (await anonymous.get("/api/users/me")).status_code == 401


async def test_no_token_outlives_its_session(
    served: Served, client: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    """Whatever `exp` says: the session in the database has an end of its own."""
    good = client.headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(good, SECRET, algorithms=["HS256"], audience=AUDIENCE)
    longer = signed({"alg": "HS256"}, claims | {"exp": int(time.time()) + 10**8})
    anonymous.headers["Authorization"] = f"Bearer {longer}"
    assert (await anonymous.get("/api/users/me")).status_code == 200
    async with served.services.db.transaction() as db:
        await db.execute(update(Session).values(expires_at=now()))
    await until_refused(anonymous)
    for setting in ("jwt_lifetime", "session_lifetime"):
        with pytest.raises(ValidationError, match=setting):
            AuthSettings(**{setting: 0})


async def test_a_planted_session_is_not_taken_over(client: httpx.AsyncClient, anonymous: httpx.AsyncClient) -> None:
    """Session fixation: signing in always gives a new cookie, and signing out ends it on the server."""
    form = {"email": "kim@example.com", "password": PASSWORD}
    planted = "p" * 43
    anonymous.cookies.set(SESSION_COOKIE, planted)
    seen = {planted}
    for _ in range(2):
        answer = await anonymous.post("/login", data=form)
        header = answer.headers["set-cookie"]
        token = header.partition("=")[2].partition(";")[0]
        assert token not in seen
        seen.add(token)
        assert "HttpOnly" in header
        assert "SameSite=lax" in header
        assert "Path=/" in header
        assert "Domain" not in header
        anonymous.cookies.clear()
        anonymous.cookies.set(SESSION_COOKIE, token)
        assert (await anonymous.get("/api/users/me")).status_code == 200
        assert (await anonymous.post("/logout")).status_code == 303
        anonymous.cookies.clear()
        anonymous.cookies.set(SESSION_COOKIE, token)
        assert (await anonymous.get("/api/users/me")).status_code == 401
        anonymous.cookies.clear()
