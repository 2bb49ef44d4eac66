"""Who has been here lately."""

import time
from uuid import UUID

ACTIVE_SECONDS = 300.0
MAX_REMEMBERED = 100_000


class Activity:
    """Users by their last request or action on a page."""

    def __init__(self) -> None:
        # In order of the last time.
        self._seen: dict[UUID, float] = {}

    def saw(self, user_id: UUID) -> None:
        """This user did something now."""
        self._seen.pop(user_id, None)
        self._seen[user_id] = time.monotonic()
        if len(self._seen) > MAX_REMEMBERED:
            self._forget()

    def active(self) -> int:
        """How many did something in the last ACTIVE_SECONDS."""
        self._forget()
        return len(self._seen)

    def _forget(self) -> None:
        before = time.monotonic() - ACTIVE_SECONDS
        for user_id, last in list(self._seen.items()):
            if last >= before and len(self._seen) <= MAX_REMEMBERED:
                break
            del self._seen[user_id]
