"""What the parts of one browser tab's page work with."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from app.auth.current import CurrentUser
from app.conversations.schemas import ConversationView
from app.services import Services
from ui.components.safely import Safely
from ui.i18n import Translator


class Page(Protocol):
    """What is shown, and what must be told to it."""

    conversation: ConversationView | None

    async def changed(self, conversation: ConversationView) -> None:
        """A conversation is now like this."""

    async def gone(self, conversation: ConversationView) -> None:
        """A conversation is no longer there."""

    async def visit(self, conversation_id: UUID) -> None:
        """Open a conversation."""


@dataclass(frozen=True, slots=True)
class Tab:
    """Who looks at it, in which language, and the page that is shown."""

    t: Translator
    user: CurrentUser
    services: Services
    safely: Safely
    page: Page
