"""What a release works with on this host: two slots, what runs versions in them, and nginx before them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from docker.release.proxy import Proxy


class Runner(Protocol):
    """Runs versions in slots. Every method may raise ReleaseError in plain words."""

    def migrate(self, slot: str, version: str) -> None:
        """Bring the database to the schema of `version`, with a backup before."""

    def start(self, slot: str, version: str) -> None:
        """Start it; returns before it is ready."""

    def alive(self, slot: str) -> bool:
        """Whether something runs in the slot."""

    def stop(self, slot: str) -> None:
        """Ask it to end and wait until it has. Nothing to do when nothing runs."""

    def log(self, slot: str) -> str:
        """The last lines that it wrote."""


@dataclass(frozen=True, slots=True)
class Slot:
    """host:port, as nginx reaches it, and as we do to ask how it is (the same, unless nginx is in a container)."""

    upstream: str
    probe: str


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds for a new version to become ready, for the old one to finish its answers, and what is tolerated."""

    ready_seconds: float = 600.0  # a model is loaded
    drain_seconds: float = 120.0
    # Share of requests and answers that may fail.
    error_rate: float = 0.01
    # A canary with fewer requests has shown nothing, and is taken back.
    at_least: int = 20


def _print(sentence: str) -> None:
    print(sentence, flush=True)


@dataclass(frozen=True, slots=True)
class Site:
    """`folder` holds the state and the lock. `slots` are two, by name."""

    folder: Path
    slots: Mapping[str, Slot]
    runner: Runner
    proxy: Proxy
    patience: Patience = field(default_factory=Patience)
    say: Callable[[str], None] = _print

    def other(self, slot: str | None) -> str:
        """The slot beside it; the first one beside none."""
        return next(name for name in self.slots if name != slot)
