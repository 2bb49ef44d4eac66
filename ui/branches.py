"""Messages form a tree by `parent_id`; the page shows one path through it."""

from collections.abc import Iterable
from uuid import UUID

from app.conversations.schemas import MessagePlace


class Branches:
    """The messages of one conversation. By default the path leads to the newest message."""

    def __init__(self, messages: Iterable[MessagePlace] = ()) -> None:
        self._messages: dict[UUID, MessagePlace] = {}
        self._children: dict[UUID | None, list[UUID]] = {}
        for message in messages:
            self._children.setdefault(message.parent_id, []).append(message.id)
            self._messages[message.id] = message
        newest = max(self._messages.values(), key=_age, default=None)
        self._leaf = newest.id if newest else None

    @property
    def path(self) -> list[MessagePlace]:
        """From the first message to the leaf that was chosen."""
        path: list[MessagePlace] = []
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


def _age(message: MessagePlace) -> tuple[object, ...]:
    return message.created_at, message.id
