"""What goes in and out of the account routes."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app.auth.access import Scope
from app.conversations.schemas import Content, Moment, Strict, Text

Role = Literal["admin", "member", "viewer"]


class RegisterRequest(Strict):
    """Body of `POST /api/auth/register`; `invitation` is the token of an invitation."""

    email: Text = Field(max_length=320)
    password: Text = Field(max_length=256)
    invitation: Annotated[Text, Field(max_length=200)] | None = None


class UserView(BaseModel):
    """The account, as its owner sees it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str
    role: Role
    is_verified: bool
    totp_enabled: bool
    created_at: AwareDatetime


class UserUpdate(Strict):
    """Body of `PATCH /api/users/me`; absent keys stay as they are."""

    current_password: Text = Field(max_length=256)
    password: Annotated[Text, Field(max_length=256)] | None = None
    email: Annotated[Text, Field(max_length=320)] | None = None


class UserDelete(Strict):
    """Body of `DELETE /api/users/me`, and of `POST /api/users/me/totp`: the present password."""

    password: Text = Field(max_length=256)


class MailRequest(Strict):
    """Body of `POST /api/auth/forgot-password` and `/request-verify-token`."""

    email: Text = Field(max_length=320)


class MailAnswer(BaseModel):
    """The same for every address. `mail` tells whether this service can send mails at all."""

    mail: bool


class TokenRequest(Strict):
    """Body of `POST /api/auth/verify`."""

    token: Text = Field(max_length=200)


class ResetRequest(TokenRequest):
    """Body of `POST /api/auth/reset-password`."""

    password: Text = Field(max_length=256)


class TotpPending(BaseModel):
    """A second factor that waits for its first code. `qr_svg` is a data URI for an `<img>`."""

    secret: str
    uri: str
    qr_svg: str


class TotpConfirm(Strict):
    """Body of `POST /api/users/me/totp/confirm`."""

    code: Text = Field(max_length=40)


class TotpRemove(UserDelete):
    """Body of `DELETE /api/users/me/totp`; `code` may be a recovery code."""

    code: Text = Field(max_length=40)


class RecoveryCodes(BaseModel):
    """Each signs in once in place of the app. Told only this once."""

    recovery_codes: list[str]


class UserChange(Strict):
    """Body of `PATCH /api/admin/users/{id}`; absent keys stay as they are."""

    role: Role | None = None
    is_active: bool | None = None
    remove_totp: bool = False


class ManagedUser(UserView):
    """An account, as administrators see it."""

    is_active: bool


class UserPage(BaseModel):
    """Newest first; `next` is the cursor of the following page."""

    items: list[ManagedUser]
    next: str | None = None


class InvitationCreate(Strict):
    """Body of `POST /api/admin/invitations`. With `email` only that person can use it, and it is mailed."""

    email: Annotated[Text, Field(max_length=320)] | None = None
    role: Role = "member"
    expires_days: int = Field(default=7, ge=1, le=365)


class InvitationView(BaseModel):
    """An invitation, without its token."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str | None
    role: Role
    created_at: AwareDatetime
    expires_at: AwareDatetime
    used_at: AwareDatetime | None


class InvitationCreated(InvitationView):
    """The only time that the token is told. `mailed`: it is on its way to `email`, too."""

    token: str
    url: str
    mailed: bool


class InvitationList(BaseModel):
    """Newest first."""

    items: list[InvitationView]


class Token(BaseModel):
    """Answer of `POST /api/auth/jwt/login`."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the name of the scheme


class SessionView(BaseModel):
    """A signed-in browser (`cookie`) or program (`jwt`), without its token. `device` is empty when it told nothing;
    `current`: it is the one that asks."""

    id: str
    kind: Literal["cookie", "jwt"]
    device: str
    created_at: AwareDatetime
    last_seen_at: AwareDatetime
    expires_at: AwareDatetime
    current: bool


class SessionList(BaseModel):
    """Newest use first."""

    items: list[SessionView]


class KeyCreate(Strict):
    """Body of `POST /api/keys`. Without `expires_at` a key is valid until it is deleted."""

    name: Annotated[Content, Field(max_length=100)]
    scopes: frozenset[Scope] = Field(default=frozenset(("chat", "read")), min_length=1)
    expires_at: Moment | None = None


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


class ManagedKey(KeyView):
    """One key, as administrators see it; `owner` is an e-mail address."""

    user_id: UUID
    owner: str


class ManagedKeyPage(BaseModel):
    """Newest first; `next` is the cursor of the following page."""

    items: list[ManagedKey]
    next: str | None = None


class KeyCreated(KeyView):
    """Answer of `POST /api/keys`: the only time that the key itself is told."""

    key: str


class KeyList(BaseModel):
    """Newest first."""

    items: list[KeyView]
