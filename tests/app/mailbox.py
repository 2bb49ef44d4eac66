"""A mail server of our own, and what has come in."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.rig.ports import free_port

TOKEN = r"(?:token=|/invite/)([\w-]{20,})"


class Mailbox:
    """Takes every mail; first refuses as many as `refusals` says, each with its reply."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refusals: list[str] = []
        self.attempts = 0
        self.url = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """As aiosmtpd calls it, in its own thread."""
        self.attempts += 1
        if self.refusals:
            return self.refusals.pop(0)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    async def mail(self, to: str, number: int = 1, holding: str = "") -> EmailMessage:
        """The mail of this number to an address among those that hold this pattern, once it has come."""
        while len(found := [mail for mail in self.mails if mail["To"] == to and matching(holding, mail)]) < number:
            await asyncio.sleep(0.01)
        return found[number - 1]

    async def token(self, to: str, number: int = 1) -> str:
        """The token of that link sent to an address; mails without one, which may overtake it, do not count."""
        found = matching(TOKEN, await self.mail(to, number, TOKEN))
        assert found is not None
        return found[1]


def matching(pattern: str, mail: EmailMessage) -> re.Match[str] | None:
    """Where the text of a mail matches."""
    return re.search(pattern, mail.get_content())


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Start it on a free port; stop it at the end."""
    box = Mailbox()
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    box.url = f"smtp://127.0.0.1:{port}"
    try:
        yield box
    finally:
        controller.stop()
