"""What the page does with a whole conversation: read and rename."""

from uuid import UUID

from pydantic import ValidationError

from app.auth.current import CurrentUser
from app.conversations.cursor import write_cursor
from app.conversations.schemas import ConversationUpdate, ConversationView, MessageView
from app.errors import Invalid, NotFound
from app.services import Services
from ui.components.dialogs import ask_title
from ui.feedback import MAX_TITLE_CHARS
from ui.i18n import Translator


async def read_messages(
    services: Services, user: CurrentUser, conversation_id: UUID, after: MessageView | None = None
) -> list[MessageView]:
    """All messages, or those that are newer than `after`; oldest first."""
    messages: list[MessageView] = []
    cursor = write_cursor(after.created_at, after.id) if after else None
    while True:
        page = await services.conversations.messages(user, conversation_id, cursor)
        messages += page.items
        if (cursor := page.next) is None:
            return messages


def id_in(given: object) -> UUID | None:
    """The id that the browser names; None when it is none."""
    try:
        return UUID(str(given))
    except ValueError:
        return None


def conversation_at(path: str) -> UUID:
    """The conversation that an address leads to. Raises NotFound."""
    found = id_in(path.removeprefix("/c/"))
    if found is None:
        raise NotFound("There is no such conversation.", code="conversation_not_found")
    return found


async def rename(
    t: Translator, services: Services, user: CurrentUser, conversation: ConversationView
) -> ConversationView | None:
    """Ask for the new title. Raises Invalid (`title_invalid`)."""
    title = await ask_title(t, conversation.title)
    if title is None:
        return None
    try:
        update = ConversationUpdate(title=title)
    except ValidationError:
        raise Invalid("title", code="title_invalid", max=MAX_TITLE_CHARS) from None
    return await services.conversations.update(user, conversation.id, update)
