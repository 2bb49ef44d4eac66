"""Mail: sent in the background, tried again, given up, and never an address in the log."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
import structlog

from app.config import Settings
from app.mail import Mail, Mailer
from tests.app.mailbox import Mailbox, mailbox
from tests.rig.ports import free_port


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as running:
        yield running


async def mail() -> Mail:
    return Mail("kim@example.com", "제목", "본문\n")


async def finished(mailer: Mailer) -> None:
    while mailer._tasks:
        await asyncio.sleep(0.01)


async def test_a_mail_arrives_as_it_was_written(make_settings: Callable[..., Settings], box: Mailbox) -> None:
    mailer = Mailer(make_settings(smtp={"url": box.url, "from": "chat@example.org"}))
    mailer.post(mail)
    came = await box.mail("kim@example.com")
    assert (came["From"], came["Subject"], came.get_content().rstrip()) == ("chat@example.org", "제목", "본문")
    assert came["Auto-Submitted"] == "auto-generated"
    await mailer.close()


@pytest.mark.parametrize(
    ("settings", "sender"),
    [
        ({"smtp": {"url": "smtp://me%40example.org:pw@mail:25"}}, "me@example.org"),
        ({"smtp": {"url": "smtp://mail"}, "public_url": "https://chat.example.com:8443"}, "vllm-chat@chat.example.com"),
        ({"smtp": {"url": "smtps://user:pw@mail"}}, "vllm-chat@localhost"),
    ],
)
def test_who_sends(make_settings: Callable[..., Settings], settings: dict[str, object], sender: str) -> None:
    assert Mailer(make_settings(**settings))._sender == sender


async def test_what_fails_for_now_is_tried_again(make_settings: Callable[..., Settings], box: Mailbox) -> None:
    box.refusals = ["451 later", "451 later"]
    mailer = Mailer(make_settings(smtp={"url": box.url}), retry_seconds=(0.01, 0.01))
    mailer.post(mail)
    await box.mail("kim@example.com")
    assert box.attempts == 3
    await mailer.close()


async def test_it_is_given_up_and_no_address_is_logged(make_settings: Callable[..., Settings], box: Mailbox) -> None:
    settings = make_settings(smtp={"url": box.url})
    with structlog.testing.capture_logs() as lines:
        for refusals, attempts in [(["451 kim@example.com later"] * 2, 2), (["550 no kim@example.com here"], 1)]:
            box.refusals, box.attempts = list(refusals), 0
            mailer = Mailer(settings, retry_seconds=(0.01,))
            mailer.post(mail)
            await finished(mailer)
            assert box.attempts == attempts
        nobody = make_settings(smtp={"url": f"smtp://127.0.0.1:{free_port()}"})
        mailer = Mailer(nobody, retry_seconds=(0.01,))
        mailer.post(mail)
        await finished(mailer)
    assert box.mails == []
    assert [line["event"] for line in lines].count("mail not sent") == 3
    assert "example.com" not in repr(lines)


async def test_tls_is_insisted_on(make_settings: Callable[..., Settings], box: Mailbox) -> None:
    mailer = Mailer(make_settings(smtp={"url": box.url.replace("smtp:", "smtp+starttls:")}), retry_seconds=())
    mailer.post(mail)
    await finished(mailer)
    assert box.mails == []


async def test_closing_does_not_wait_for_a_retry(make_settings: Callable[..., Settings], box: Mailbox) -> None:
    box.refusals = ["451 later"]
    mailer = Mailer(make_settings(smtp={"url": box.url}), retry_seconds=(3600,))
    mailer.post(mail)
    while box.attempts == 0:
        await asyncio.sleep(0.01)
    async with asyncio.timeout(30):
        await mailer.close()
    assert not mailer._tasks


async def test_without_a_mail_server_nothing_is_even_written(make_settings: Callable[..., Settings]) -> None:
    mailer = Mailer(make_settings())

    async def never() -> Mail:
        raise AssertionError

    mailer.post(never)
    assert not mailer.enabled
    assert not mailer._tasks


async def test_a_bug_while_writing_is_logged(make_settings: Callable[..., Settings], box: Mailbox) -> None:
    mailer = Mailer(make_settings(smtp={"url": box.url}))

    async def broken() -> Mail:
        raise ZeroDivisionError

    with structlog.testing.capture_logs() as lines:
        mailer.post(broken)
        await finished(mailer)
    assert [line["event"] for line in lines] == ["mail failed"]


@pytest.mark.parametrize("url", ["http://mail", "smtp://", "mail:25"])
def test_a_wrong_url_is_refused_without_showing_it(make_settings: Callable[..., Settings], url: str) -> None:
    with pytest.raises(ValueError, match="must begin with smtp") as caught:
        make_settings(smtp={"url": url})
    assert "mail:25" not in str(caught.value)


def test_verified_addresses_need_mail(make_settings: Callable[..., Settings]) -> None:
    with pytest.raises(ValueError, match="CHAT_SMTP__URL"):
        make_settings(auth={"secret": "s" * 40, "require_verified": True})
