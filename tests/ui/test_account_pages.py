"""Sign in, register, sign out: plain forms that need no JavaScript."""

import re
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest
import pytest_asyncio
from nicegui import Client

from app.config import Settings
from tests.app.mailbox import Mailbox, mailbox
from tests.app.serving import PASSWORD, Served, serving
from ui.pages.account import local_path

FORM = {"email": "lee@example.com", "password": PASSWORD}


@pytest_asyncio.fixture(loop_scope="module")
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


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def mailing(make_settings: Callable[..., Settings], box: Mailbox) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without JavaScript before a service that can send mail."""
    limits = {"anonymous": "10000/minute"}
    async with serving(make_settings(smtp={"url": box.url}, limits=limits)) as running:
        headers = {"Accept-Language": "en", "Origin": running.url}
        async with httpx.AsyncClient(base_url=running.url, headers=headers, timeout=20) as client:
            yield client


async def test_without_mail_the_administrator_is_named(visitor: httpx.AsyncClient) -> None:
    assert "/forgot" not in (await visitor.get("/login")).text
    for page in (await visitor.get("/forgot"), await visitor.post("/forgot", data={"email": "a@example.com"})):
        assert page.status_code == 200
        assert "ask the administrator" in page.text
        assert "<form" not in page.text


async def test_a_new_password_by_mail(mailing: httpx.AsyncClient, box: Mailbox) -> None:
    await mailing.post("/register", data=FORM)
    assert 'href="/forgot"' in (await mailing.get("/login")).text
    known = await mailing.post("/forgot", data={"email": FORM["email"]})
    unknown = await mailing.post("/forgot", data={"email": "nobody@example.com"})
    assert re.sub("nonce=.\\S+", "", known.text) == re.sub("nonce=.\\S+", "", unknown.text)
    token = await box.token(FORM["email"], 2)
    page = await mailing.get(f"/reset?token={token}")
    assert f'name="token" value="{token}"' in page.text
    weak = await mailing.post("/reset", data={"token": token, "password": "short"})
    assert (weak.status_code, "8 to" in weak.text) == (422, True)
    done = await mailing.post("/reset", data={"token": token, "password": "a new horse battery"})
    assert (done.status_code, done.headers["location"]) == (303, "/login?done=reset")
    assert "new password is set" in (await mailing.get("/login?done=reset")).text
    assert "<b>" not in (await mailing.get("/login?done=<b>")).text
    again = await mailing.post("/reset", data={"token": token, "password": "a new horse battery"})
    assert (again.status_code, "used already" in again.text) == (422, True)
    into = await mailing.post("/login", data=FORM | {"password": "a new horse battery"})
    assert into.headers["location"] == "/"


async def test_registering_with_mail_shows_the_same_page_for_all(mailing: httpx.AsyncClient, box: Mailbox) -> None:
    pages = [await mailing.post("/register", data=FORM) for _ in range(2)]
    assert [page.status_code for page in pages] == [200, 200]
    assert not any(page.cookies for page in pages)
    first, second = (re.sub("nonce=.\\S+", "", page.text) for page in pages)
    assert first == second
    assert "Check your mail" in first
    token = await box.token(FORM["email"])
    # Opening the link is not enough: mail scanners do that.
    for _ in range(2):
        assert (await mailing.get(f"/verify?token={token}")).status_code == 200
    done = await mailing.post("/verify", data={"token": token})
    assert (done.status_code, done.headers["location"]) == (303, "/login?done=verified")
    again = await mailing.post("/verify", data={"token": token})
    assert (again.status_code, "used already" in again.text) == (422, True)


async def test_the_language_link_keeps_the_token(visitor: httpx.AsyncClient) -> None:
    assert "?lang=ko&amp;token=abc%22" in (await visitor.get("/reset", params={"token": 'abc"'})).text


async def test_an_invitation_opens_the_registration(make_settings: Callable[..., Settings]) -> None:
    auth = {"secret": "s" * 40, "registration": "invite"}
    admin = {"email": "admin@example.com", "password": PASSWORD}
    async with serving(make_settings(auth=auth, admin=admin)) as running, running.client(admin["email"]) as boss:
        made = (await boss.post("/api/admin/invitations", json={"email": FORM["email"]})).json()
        headers = {"Accept-Language": "en", "Origin": running.url}
        async with httpx.AsyncClient(base_url=running.url, headers=headers, timeout=20) as browser:
            assert "need an invitation" in (await browser.get("/register")).text
            page = await browser.get(f"/invite/{made['token']}")
            assert f'value="{FORM["email"]}"' in page.text
            assert "readonly" in page.text
            weak = await browser.post(f"/invite/{made['token']}", data={"password": "short"})
            assert (weak.status_code, "8 to" in weak.text) == (422, True)
            done = await browser.post(f"/invite/{made['token']}", data=FORM | {"email": "other@example.com"})
            assert (done.status_code, done.headers["location"]) == (303, "/")
            used = await browser.get(f"/invite/{made['token']}")
            assert (used.status_code, "<form" in used.text) == (403, False)
