"""Messages form a tree by `parent_id`; the page shows one path through it."""

from collections.abc import Iterable
from uuid import UUID

from app.conversations.schemas import MessageView


class Branches:
    """The messages of one conversation. By default the path leads to the newest message."""

    def __init__(self, messages: Iterable[MessageView] = ()) -> None:
        self._messages: dict[UUID, MessageView] = {}
        self._children: dict[UUID | None, list[UUID]] = {}
        self._leaf: UUID | None = None
        self.add(messages)

    def add(self, messages: Iterable[MessageView]) -> None:
        """Take further messages; the path then leads to the newest one of all."""
        for message in messages:
            if message.id not in self._messages:
                self._children.setdefault(message.parent_id, []).append(message.id)
            self._messages[message.id] = message
        self._leaf = self.newest.id if self.newest else None

    def __contains__(self, message_id: UUID) -> bool:
        return message_id in self._messages

    @property
    def newest(self) -> MessageView | None:
        """The message that was written last."""
        return max(self._messages.values(), key=_age, default=None)

    @property
    def path(self) -> list[MessageView]:
        """From the first message to the leaf that was chosen."""
        path: list[MessageView] = []
        message = self._messages.get(self._leaf) if self._leaf else None
        while message is not None:
            path.append(message)
            message = self._messages.get(message.parent_id) if message.parent_id else None
        return path[::-1]

    def versions(self, message_id: UUID) -> list[UUID]:
        """The message and its siblings, oldest first."""
        siblings = self._children[self._messages[message_id].parent_id]
        return sorted(siblings, key=lambda one: _age(self._messages[one]))

    def choose(self, message_id: UUID) -> None:
        """Lead the path through this message, to the newest leaf below it."""
        below = [message_id]
        for one in below:
            below += self._children.get(one, [])
        leaves = (self._messages[one] for one in below if one not in self._children)
        self._leaf = max(leaves, key=_age).id


def _age(message: MessageView) -> tuple[object, ...]:
    return message.created_at, message.id
