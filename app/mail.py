"""Mail in the background: nobody waits for the mail server, and a failure is logged without the address."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog

from app.config import Settings
from app.errors import AppError

log = structlog.get_logger(__name__)

RETRY_SECONDS = (2.0, 15.0, 60.0)
TIMEOUT_SECONDS = 10.0
CONNECTIONS = 4
# A flood of requests must not fill the memory; who asks again later gets the mail.
MAX_PENDING = 500
CLOSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Mail:
    """One plain text mail."""

    to: str
    subject: str
    text: str


Compose = Callable[[], Awaitable[Mail | None]]


class Mailer:
    """Sends through `CHAT_SMTP__URL`. A mail that the server does not take for now is tried again after
    `retry_seconds`, then given up."""

    def __init__(self, settings: Settings, retry_seconds: tuple[float, ...] = RETRY_SECONDS) -> None:
        self._url = urlsplit(settings.smtp.url.get_secret_value()) if settings.smtp.url else None
        self._sender = _sender(settings)
        self._retry_seconds = retry_seconds
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections = asyncio.Semaphore(CONNECTIONS)

    @property
    def enabled(self) -> bool:
        """Whether a mail server is configured."""
        return self._url is not None

    def post(self, compose: Compose) -> None:
        """Write the mail and send it, both in the background, so that the caller's time tells nothing about whether
        there is one. Without a mail server: nothing happens."""
        if not self.enabled:
            return
        if len(self._tasks) >= MAX_PENDING:
            log.warning("mail dropped, too many are waiting", waiting=len(self._tasks))
            return
        task = asyncio.create_task(self._run(compose))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def close(self) -> None:
        """Let the mails on their way go out for a moment, and give up the others."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_SECONDS)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, compose: Compose) -> None:
        try:
            mail = await compose()
        except AppError as error:
            log.warning("mail not written", code=error.code)
            return
        if mail is None:
            return
        for attempt, delay in enumerate((*self._retry_seconds, None), start=1):
            try:
                async with self._connections:
                    await self._send(mail)
            except (aiosmtplib.SMTPException, OSError) as error:
                # The words of the server repeat the address.
                failure = {"error": type(error).__name__, "reply": _reply(error), "attempt": attempt}
                if delay is None or _permanent(error):
                    log.error("mail not sent", **failure)
                    return
                log.warning("mail delayed", **failure)
                await asyncio.sleep(delay)
            else:
                log.info("mail sent", attempt=attempt)
                return

    async def _send(self, mail: Mail) -> None:
        assert self._url is not None
        domain = self._sender.rpartition("@")[2]
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Date"] = localtime()
        message["Message-ID"] = make_msgid(domain=domain)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        await aiosmtplib.send(
            message,
            hostname=self._url.hostname,
            port=self._url.port,
            username=unquote(self._url.username) if self._url.username else None,
            password=unquote(self._url.password) if self._url.password else None,
            use_tls=self._url.scheme == "smtps",
            start_tls={"smtp+starttls": True, "smtps": False}.get(self._url.scheme),
            timeout=TIMEOUT_SECONDS,
            # Its default asks the name service, and blocks.
            local_hostname=domain,
        )

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("mail failed", exc_info=error)


def _sender(settings: Settings) -> str:
    if settings.smtp.sender:
        return settings.smtp.sender
    url = urlsplit(settings.smtp.url.get_secret_value()) if settings.smtp.url else None
    if url is not None and url.username and "@" in unquote(url.username):
        return unquote(url.username)
    return f"vllm-chat@{urlsplit(settings.public_url or '').hostname or 'localhost'}"


def _reply(error: Exception) -> int | None:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return error.recipients[0].code if error.recipients else None
    return error.code if isinstance(error, aiosmtplib.SMTPResponseException) else None


def _permanent(error: Exception) -> bool:
    reply = _reply(error)
    return reply is not None and reply >= 500
