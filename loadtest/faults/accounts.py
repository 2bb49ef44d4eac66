"""Whom the users sign in as: made beforehand, handed to the process that runs the users."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = "accounts.json"


@dataclass(frozen=True)
class Account:
    """A person with an access token."""

    email: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What proves who asks."""
        return {"Authorization": f"Bearer {self.token}"}


def write(folder: Path, accounts: Sequence[Account]) -> None:
    """For the other process."""
    (folder / NAME).write_text(json.dumps([asdict(account) for account in accounts]))


def read(folder: Path) -> list[Account]:
    """What `write` has written."""
    return [Account(**row) for row in json.loads((folder / NAME).read_text())]
