"""Who may do what: the one place for roles and for the scopes of API keys."""

from typing import Literal

from app.auth.current import CurrentUser
from app.errors import Forbidden

Scope = Literal["chat", "read", "admin"]
SCOPES: frozenset[Scope] = frozenset(("chat", "read", "admin"))

# `account` is what only the signed-in person may do: a stolen key must not make further keys.
Permission = Literal["chat", "read", "admin", "account"]

ROLES: dict[str, frozenset[Permission]] = {
    "admin": frozenset(("chat", "read", "admin", "account")),
    "member": frozenset(("chat", "read", "account")),
    "viewer": frozenset(("read", "account")),
}
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
# Longest prefix first. Whatever is not listed is `account`, which no key has.
PREFIXES: tuple[tuple[str, Permission, Permission], ...] = (
    # prefix, to look, to change
    ("/api/admin/", "admin", "admin"),
    ("/api/announcements", "read", "admin"),
    ("/api/chat", "chat", "chat"),
    ("/api/conversations", "read", "chat"),
    ("/api/folders", "read", "chat"),
    ("/api/generations/", "read", "chat"),
    ("/api/messages/", "read", "chat"),
    ("/api/presets", "read", "chat"),
    ("/api/prompts", "read", "chat"),
    ("/api/shares", "read", "chat"),
    # Everything at once: for the person, not for a key.
    ("/api/users/me/export", "account", "account"),
    ("/api/users/me/sessions", "account", "account"),
    ("/api/users/me", "read", "account"),
    ("/v1/models", "read", "chat"),
    ("/v1/", "chat", "chat"),
    ("/tokenize", "chat", "chat"),
    ("/detokenize", "chat", "chat"),
)


def needed(method: str, path: str) -> Permission:
    """The permission for a route."""
    for prefix, look, change in PREFIXES:
        if path == prefix.rstrip("/") or path.startswith(prefix):
            return look if method in SAFE_METHODS else change
    return "account"


def permissions(user: CurrentUser) -> frozenset[Permission]:
    """What the role allows, and of that what the key was made for."""
    by_role = ROLES[user.role]
    return by_role if user.scopes is None else by_role & user.scopes


def require(user: CurrentUser, permission: Permission) -> None:
    """Raises Forbidden (`role_forbidden` or `scope_forbidden`)."""
    if permission not in ROLES[user.role]:
        raise Forbidden(f"The role {user.role} does not allow this.", code="role_forbidden", role=user.role)
    if permission not in permissions(user):
        what = (
            "Sign in with your password for this." if permission == "account" else f"It needs the scope {permission}."
        )
        raise Forbidden(f"This API key may not do that. {what}", code="scope_forbidden", scope=permission)
