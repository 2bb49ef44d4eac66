"""Temporary chats: the switch on the empty page, the words that tell what they are, and their end."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from app.auth.current import CurrentUser
from app.conversations.schemas import ConversationView
from app.errors import NotFound
from app.services import Services
from ui.elements import button, text
from ui.i18n import Translator
from ui.theme import icon


class Temporary:
    """`changed` is called when the switch is pressed. Built where the switch stands; `banner` builds the words."""

    def __init__(self, t: Translator, user: CurrentUser, services: Services, changed: Callable[[], None]) -> None:
        self._t, self._user, self._services, self._changed = t, user, services, changed
        self._wanted = False
        self._banner: ui.element | None = None
        self._switch = button(t("temporary"), self._toggle, classes="button temporary-switch", symbol="temporary")
        self._switch.props["aria-pressed"] = "false"

    def banner(self) -> None:
        """Shown while a chat is temporary, or is to be."""
        with ui.element("p").classes("temporary-banner").props("role=status") as self._banner:
            icon("temporary")
            text(self._t("temporary_text"))
        self._banner.set_visibility(False)

    @property
    def beginning(self) -> dict[str, Any]:
        """What belongs into the first message."""
        return {"temporary": self._wanted}

    def show(self, conversation: ConversationView | None) -> None:
        """Of the conversation that is open now; None: of the one that may begin."""
        if conversation is not None:
            self._wanted = False
        self._switch.props["aria-pressed"] = str(self._wanted).lower()
        if self._banner is not None:
            self._banner.set_visibility(self._wanted if conversation is None else conversation.temporary)

    def title(self, conversation: ConversationView) -> str:
        """What stands above it."""
        return conversation.title or self._t("temporary" if conversation.temporary else "untitled")

    async def leave(self, conversation: ConversationView | None, other: ConversationView | None) -> None:
        """The page looks at the `other` one: what was temporary ends."""
        self._wanted = False
        stays = conversation is not None and other is not None and other.id == conversation.id
        if conversation is not None and conversation.temporary and not stays:
            try:
                await self._services.conversations.delete(self._user, conversation.id)
            except NotFound:
                # Another tab was quicker.
                return

    def _toggle(self) -> None:
        self._wanted = not self._wanted
        self._changed()
