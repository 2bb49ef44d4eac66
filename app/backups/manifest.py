"""What stands in a backup beside the data, so that it can be checked before anything is replaced."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

FORMAT = 1
NAME = "manifest.json"
DATABASE = "database"
# The files of the data directory that the rows of the database need: the secret that opens second factors, and which
# server has begun the answers that were being written.
FILES = ("secret", "instances/*/id")

Kind = Literal["sqlite", "postgresql"]


class BackupError(Exception):
    """A backup cannot be made, or not be restored; the message says why and what to do."""


class Stopped(Exception):
    """The server ends, the backup with it."""


class Part(BaseModel):
    """A file in the backup: `database`, or `files/…` as in the data directory. Size in bytes."""

    model_config = ConfigDict(extra="forbid")

    name: str
    size: int
    sha256: str


class Manifest(BaseModel):
    """The first file in the backup. `version` is the service's, `revision` the schema's."""

    model_config = ConfigDict(extra="forbid")

    format: Literal[1]
    version: str
    kind: Kind
    revision: str
    created_at: datetime
    parts: list[Part]
