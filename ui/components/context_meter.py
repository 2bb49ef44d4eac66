"""The context meter: how much of the model's window the next prompt takes, with what is being typed."""

import asyncio
from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from nicegui import ui
from nicegui.events import GenericEventArguments

from app.auth.current import CurrentUser
from app.conversations.counting import Count, Said
from app.conversations.schemas import MAX_MESSAGE_CHARS, ChatSettings, ConversationView
from app.errors import AppError
from app.services import Services
from ui.components.safely import Safely
from ui.i18n import Translator

# Between two counts of one page, whatever it asks for. Seconds.
PAUSE = 0.7
# From here on the end is near: an answer needs room, too.
HIGH = 0.65


class MeterRing(ui.element, component="context_meter.js"):
    """Emits `typed` with the text of the field when it has to be counted anew."""

    def __init__(self) -> None:
        super().__init__()
        self._moved = 0
        self.props.update(words="", shown="", share=0.0, level="low", moved=0)

    def show(self, words: str, shown: str, share: float, level: str) -> None:
        """Bring it up to date."""
        self.props.update(words=words, shown=shown, share=share, level=level)

    def ask(self) -> None:
        """Something else than the text has changed."""
        self._moved += 1
        self.props["moved"] = self._moved


class Control(Protocol):
    """What the next prompt is made with."""

    @property
    def model(self) -> str | None:
        """The model that answers here."""

    @property
    def settings(self) -> ChatSettings:
        """System prompt and parameters that count here."""


# How the next prompt is made, the open conversation, and the newest of its messages that is shown.
Place = Callable[[], tuple[Control, ConversationView | None, UUID | None]]


class ContextMeter:
    """Built inside the composer. While an answer is written here nothing is counted."""

    def __init__(self, t: Translator, user: CurrentUser, services: Services, place: Place) -> None:
        self._t, self._user, self._services, self._place = t, user, services, place
        self._running = self._counting = False
        self._wanted: str | None = None
        # Read once for all that is typed after it.
        self._said: tuple[UUID, UUID | None, Said] | None = None
        self._safely = Safely(ui.context.client.request, user, self._unknown)
        self._ring = MeterRing()
        self._ring.on("typed", self._on_typed)

    def set_running(self, running: bool) -> None:
        """Whether an answer is being written here."""
        self._running = running
        if not running:
            self.changed()

    def changed(self) -> None:
        """Another conversation is shown, or it is answered otherwise."""
        self._said = None
        self._ring.ask()

    async def _on_typed(self, event: GenericEventArguments) -> None:
        self._wanted = str(event.args)
        if self._counting:
            return
        self._counting = True
        try:
            while (text := self._wanted) is not None and not self._running:
                self._wanted = None
                await self._safely.run(lambda text=text: self._count(text))  # type: ignore[misc]
                await asyncio.sleep(PAUSE)
        finally:
            self._counting = False

    async def _count(self, text: str) -> None:
        control, conversation, leaf = self._place()
        said = await self._read(conversation.id, leaf) if conversation is not None else Said()
        counting = self._services.counting
        count = await counting.next_prompt(said, text[: MAX_MESSAGE_CHARS + 1], control.settings, control.model)
        if count is not None and not self._running:
            self._show(count)

    async def _read(self, conversation_id: UUID, leaf: UUID | None) -> Said:
        if self._said is not None and self._said[:2] == (conversation_id, leaf):
            return self._said[2]
        said = await self._services.counting.said(self._user, conversation_id, leaf)
        self._said = (conversation_id, leaf, said)
        return said

    def _show(self, count: Count) -> None:
        t, share = self._t, count.tokens / count.window
        level = "over" if count.too_long else "high" if count.dropped or share >= HIGH else "low"
        key = "context_exact" if count.exact else "context_about"
        words = t(key, tokens=f"{count.tokens:,}", window=f"{count.window:,}", percent=_percent(share))
        if count.too_long:
            words = f"{words} {t('context_too_long')}"
        elif count.dropped:
            words = f"{words} {t('context_dropped')}"
        elif level == "high":
            words = f"{words} {t('context_high')}"
        self._ring.show(words, t("percent", value=_percent(share)), share, level)

    def _unknown(self, _: AppError) -> None:
        """What cannot be counted now is not shown; sending tells why."""
        self._ring.show("", "", 0.0, "low")


def _percent(share: float) -> int:
    """Rounded up: 0 only when there is nothing."""
    return -int(-100 * share // 1)
