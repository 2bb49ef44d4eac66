"""What a message must be before an answer to it, or the rest of it, begins."""

from uuid import UUID

from app.conversations.models import Message
from app.errors import Conflict, Invalid, NotFound
from app.generations.repository import UNFINISHED


def continuable(message: Message) -> Message:
    """An answer that is not at its end. Raises Invalid (`not_an_answer`), Conflict (`still_running`,
    `already_complete`)."""
    if message.role != "assistant":
        raise Invalid("Only an answer can be continued.", code="not_an_answer")
    if message.status in UNFINISHED:
        raise Conflict("This answer is still being written.", code="still_running")
    if message.status == "done" and (message.receipt or {}).get("finish_reason") != "length":
        raise Conflict("This answer is complete.", code="already_complete")
    return message


def found_message(row: Message | UUID | None) -> Message:
    """Raises NotFound; unknown and somebody else's look the same."""
    if not isinstance(row, Message):
        raise NotFound("There is no such message.", code="message_not_found")
    return row


def no_such_parent() -> NotFound:
    """The 404 for a parent that is not a message of the conversation."""
    return NotFound("parent_id: there is no such message in this conversation.")
