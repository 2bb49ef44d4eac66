"""What can be done with a message that is shown; the pane of the conversation does it."""

from typing import Protocol
from uuid import UUID

from app.conversations.schemas import FeedbackView, MessageView
from ui.components.versions import Direction


class MessageActions(Protocol):
    """Errors are told on the page, not raised."""

    async def edit(self, message: MessageView, content: str) -> bool:
        """Ask in other words, beside the question as it was; False when it was not taken."""

    async def regenerate(self, message_id: UUID) -> None:
        """Answer once more, beside this answer."""

    def can_continue(self, model: str) -> bool:
        """Whether this model can go on in the middle of an answer."""

    async def continue_answer(self, message_id: UUID) -> None:
        """Let this answer go on where it ends."""

    async def fork(self, message_id: UUID) -> None:
        """Go on in a new conversation with all up to this message."""

    async def switch(self, message_id: UUID, direction: Direction) -> None:
        """Show the version before or after this one."""

    async def rate(self, message_id: UUID, feedback: FeedbackView | None) -> bool:
        """Keep what the reader thinks of an answer; False when it was not taken."""

    async def show_earlier(self) -> None:
        """Show more of the beginning."""

    def focus(self, message_id: UUID, *selectors: str) -> None:
        """Put the keyboard on the first of these parts that the message has."""
