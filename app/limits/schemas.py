"""What goes in and out of the routes of limits."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.limits.bounds import LimitName
from app.limits.rate import parse_rate


def _rate(text: str) -> str:
    parse_rate(text)
    return text


Rate = Annotated[str, Field(max_length=32), AfterValidator(_rate)]
Tokens = Annotated[int, Field(ge=1, le=10**15)]


class LimitsUpdate(BaseModel):
    """Body of `PUT /api/admin/limits/{subject}`. Absent or null: not set here, what is more general counts."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    requests: Rate | None = None
    tokens_per_minute: Tokens | None = None
    tokens_per_day: Tokens | None = None
    concurrent: Annotated[int, Field(ge=1, le=10_000)] | None = None


class LimitsView(LimitsUpdate):
    """The limits of one subject: `role:<role>`, `user:<uuid>` or `key:<uuid>`."""

    subject: str


class LimitsList(BaseModel):
    """`default` is what the settings say, for whoever has nothing of their own."""

    default: LimitsUpdate
    items: list[LimitsView]


class LimitUse(BaseModel):
    """One limit and what is used of it now. Tokens that running answers hold count as used; `held` tells how many.

    At `resets_at` (`reset` in seconds since the epoch) the first part of it is free again; null: when an answer ends.
    """

    name: LimitName
    limit: int
    used: int
    held: int = 0
    remaining: int
    resets_at: datetime | None
    reset: int | None


class UsageView(BaseModel):
    """The limits of the signed-in user. `key` holds those of the API key in use when it has its own."""

    limits: list[LimitUse]
    key: list[LimitUse] = Field(default_factory=list)
