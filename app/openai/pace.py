"""How long tokens gather before they are written while many streams run.

What a write costs does not depend on its length, and vLLM joins the tokens that wait. Few writes leave the event loop
to the requests; but an answer's last token gathers, too, so nobody waits longer than a machine of this speed asks for.
"""

# With more streams than this they share the writes.
CROWD = 16
# The part of the event loop's time that all writes may take.
SHARE = 0.05
# However slow the machine is, there are so many writes a second: 64 streams then hear 20 times a second each.
LEAST_WRITES_PER_SECOND = 1280
# A write that takes longer has waited for its client.
LONGEST_SECONDS = 0.001
MEMORY = 64


class Pace:
    """One for all streams of a process."""

    def __init__(self) -> None:
        self._seconds = SHARE / LEAST_WRITES_PER_SECOND

    def wrote(self, seconds: float) -> None:
        """A write has taken so long."""
        self._seconds += (min(seconds, LONGEST_SECONDS) - self._seconds) / MEMORY

    def pause(self, streams: int) -> float:
        """Seconds until a stream may write again; 0 while there are few."""
        if streams <= CROWD:
            return 0.0
        return streams * min(self._seconds / SHARE, 1 / LEAST_WRITES_PER_SECOND)
