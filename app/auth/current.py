"""Who is asking."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CurrentUser:
    """The signed-in user of one request or one page. `via` tells how they proved it; `scopes` and `key_id` are set for
    API keys only."""

    id: UUID
    email: str
    role: Literal["admin", "member", "viewer"]
    via: Literal["cookie", "jwt", "key"]
    scopes: frozenset[Literal["chat", "read", "admin"]] | None = None
    key_id: UUID | None = None
