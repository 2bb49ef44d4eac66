"""How long a lost engine waits for its next start."""

from collections import deque

# From the third loss within this time on, each restart waits twice as long as the one before.
LOSS_WINDOW_SECONDS = 300
LOSSES_AT_ONCE = 2
MAX_WAIT_SECONDS = 60


class Backoff:
    """Remembers losses. Times in seconds; `now` is of any clock that only goes forward."""

    def __init__(self) -> None:
        self._losses: deque[float] = deque()
        self._wait = 0

    @property
    def losses(self) -> int:
        """Losses and failed starts of the last five minutes."""
        return len(self._losses)

    def after_loss(self, now: float) -> int:
        """A running engine was lost: 0 twice, then 2, 4, 8 … 60."""
        self._count(now)
        if self.losses <= LOSSES_AT_ONCE:
            self._wait = 0
            return 0
        return self._longer(2)

    def after_failed_start(self, now: float) -> int:
        """There is no use in trying again at once: 1, 2, 4 … 60."""
        self._count(now)
        return self._longer(1)

    def _count(self, now: float) -> None:
        self._losses.append(now)
        while self._losses[0] < now - LOSS_WINDOW_SECONDS:
            self._losses.popleft()

    def _longer(self, first: int) -> int:
        self._wait = min(max(2 * self._wait, first), MAX_WAIT_SECONDS)
        return self._wait
