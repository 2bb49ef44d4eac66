"""Rows of the request log, and a database for them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from app.config import Settings
from app.db import Database, new_id
from tests.rig.migrated import migrated


def row(at: datetime, **values: Any) -> dict[str, Any]:
    """A row as the service makes it."""
    empty = {"prompt_tokens": 0, "completion_tokens": 0, "cached_tokens": 0, "user_id": None, "status": "done"}
    return {"id": new_id(), "at": at, "route": "/api/chat", "model": "m"} | empty | values


class database:
    """A migrated database for one test."""

    def __init__(self, make_settings: Callable[..., Settings], url: str) -> None:
        self._settings = make_settings(database={"url": url})

    async def __aenter__(self) -> Database:
        self._db = Database(await migrated(self._settings))
        return self._db

    async def __aexit__(self, *_: object) -> None:
        await self._db.close()
