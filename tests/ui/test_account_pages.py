"""Sign in, register, sign out: plain forms that need no JavaScript."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from nicegui import Client

from tests.app.serving import PASSWORD, Served
from ui.pages.account import local_path

FORM = {"email": "lee@example.com", "password": PASSWORD}


@pytest.fixture
async def visitor(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without JavaScript."""
    headers = {"Accept-Language": "en", "Origin": served.url}
    async with httpx.AsyncClient(base_url=served.url, headers=headers, timeout=20) as client:
        yield client


@pytest.mark.parametrize(
    ("target", "goes_to"),
    [
        ("/c/1?lang=ko", "/c/1?lang=ko"),
        ("/", "/"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\nb", "/"),
        ("/a\\b", "/"),
    ],
)
def test_only_local_targets(target: str, goes_to: str) -> None:
    assert local_path(target) == goes_to


async def test_register_signs_in_and_goes_on(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post("/register", data=FORM | {"next": "/c/somewhere"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/c/somewhere")
    assert "HttpOnly" in answer.headers["set-cookie"]
    again = await visitor.get("/login?next=/")
    assert (again.status_code, again.headers["location"]) == (303, "/")


async def test_sign_in_and_out(visitor: httpx.AsyncClient) -> None:
    await visitor.post("/register", data=FORM)
    out = await visitor.post("/logout")
    assert (out.status_code, out.headers["location"]) == (303, "/login")
    assert '"storage"' in out.headers["clear-site-data"]
    assert (await visitor.get("/")).headers["location"].startswith("/login")
    into = await visitor.post("/login", data=FORM | {"next": "//evil.example"})
    assert (into.status_code, into.headers["location"]) == (303, "/")


@pytest.mark.parametrize(
    ("page", "form", "status", "words"),
    [
        ("/login", FORM | {"password": "wrong wrong"}, 401, "is wrong"),
        ("/login", {}, 401, "is wrong"),
        ("/register", FORM | {"password": "short"}, 422, "8 to"),
        ("/register", FORM | {"password": "password"}, 422, "too easy to guess"),
        ("/register", FORM | {"email": "no address"}, 422, "check the email address"),
        ("/register", FORM | {"email": "a\x00b@example.com"}, 422, "check the email address"),
    ],
)
async def test_refusals_are_words_on_the_page(
    visitor: httpx.AsyncClient, page: str, form: dict[str, str], status: int, words: str
) -> None:
    answer = await visitor.post(page, data=form | {"next": "/c/1"})
    assert answer.status_code == status
    assert words in answer.text
    assert 'role="alert"' in answer.text
    assert 'name="next" value="/c/1"' in answer.text
    if "\x00" not in form.get("email", ""):
        assert f'value="{form.get("email", "")}"' in answer.text
    assert PASSWORD not in answer.text


async def test_taken_address(visitor: httpx.AsyncClient) -> None:
    await visitor.post("/register", data=FORM)
    visitor.cookies.clear()
    answer = await visitor.post("/register", data=FORM)
    assert answer.status_code == 409
    assert "already registered" in answer.text


async def test_typed_address_is_escaped(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post("/login", data={"email": '"><script>alert(1)</script>', "password": "x"})
    assert "<script>alert" not in answer.text
    assert answer.text.count("<script") == answer.text.count('<script nonce="')


async def test_language_is_kept(visitor: httpx.AsyncClient) -> None:
    assert '<html lang="en"' in (await visitor.get("/login")).text
    assert '<html lang="ko"' in (await visitor.get("/login", headers={"Accept-Language": "ko-KR"})).text
    assert "로그인" in (await visitor.get("/login?lang=ko")).text
    assert '<html lang="ko"' in (await visitor.get("/register")).text
    await visitor.post("/register", data=FORM)
    assert '<html lang="ko"' in (await visitor.get("/")).text


async def test_anonymous_visitors_build_no_live_client(visitor: httpx.AsyncClient) -> None:
    before = len(Client.instances)
    for path in ("/login", "/register", "/", "/nowhere", "/static/nowhere.css"):
        await visitor.get(path)
    assert len(Client.instances) == before


async def test_static_files_are_cached(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get("/login")).text
    for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        answer = await visitor.get(path)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert not re.search(r"(?:href|src|url)=?\(?[\"']?https?://", page)
