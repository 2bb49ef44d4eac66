"""What the page does with a whole conversation: read and rename."""

from uuid import UUID

from pydantic import ValidationError

from app.auth.current import CurrentUser
from app.conversations.schemas import ConversationUpdate, ConversationView
from app.errors import Invalid, NotFound
from app.services import Services
from ui.components.dialogs import ask_title
from ui.feedback import MAX_TITLE_CHARS
from ui.i18n import Translator


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
