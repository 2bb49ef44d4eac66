"""What goes in and out of the account routes."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.conversations.schemas import Strict, Text


class RegisterRequest(Strict):
    """Body of `POST /api/auth/register`."""

    email: Text = Field(max_length=320)
    password: Text = Field(max_length=256)


class UserView(BaseModel):
    """The account, as its owner sees it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str
    role: Literal["admin", "member", "viewer"]
    is_verified: bool
    created_at: datetime


class Token(BaseModel):
    """Answer of `POST /api/auth/jwt/login`."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the name of the scheme
