"""Who is asking."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CurrentUser:
    """The signed-in user of one request or one page. `via` tells how they proved it."""

    id: UUID
    email: str
    role: Literal["admin", "member", "viewer"]
    via: Literal["cookie", "jwt"]
