"""What goes in and out of the account routes."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app.auth.access import Scope
from app.conversations.schemas import Content, Strict, Text


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
    created_at: AwareDatetime


class UserUpdate(Strict):
    """Body of `PATCH /api/users/me`; absent keys stay as they are."""

    current_password: Text = Field(max_length=256)
    password: Annotated[Text, Field(max_length=256)] | None = None
    email: Annotated[Text, Field(max_length=320)] | None = None


class UserDelete(Strict):
    """Body of `DELETE /api/users/me`."""

    password: Text = Field(max_length=256)


class Token(BaseModel):
    """Answer of `POST /api/auth/jwt/login`."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the name of the scheme


class KeyCreate(Strict):
    """Body of `POST /api/keys`. Without `expires_at` a key is valid until it is deleted."""

    name: Annotated[Content, Field(max_length=100)]
    scopes: frozenset[Scope] = Field(default=frozenset(("chat", "read")), min_length=1)
    expires_at: AwareDatetime | None = None


class KeyView(BaseModel):
    """One key, as its owner sees it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    prefix: str
    scopes: list[Scope]
    created_at: AwareDatetime
    expires_at: AwareDatetime | None
    last_used_at: AwareDatetime | None


class KeyCreated(KeyView):
    """Answer of `POST /api/keys`: the only time that the key itself is told."""

    key: str


class KeyList(BaseModel):
    """Newest first."""

    items: list[KeyView]
