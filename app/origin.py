"""Where the present piece of work comes from: logs and tables name it without every function passing it on."""

from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from starlette.types import Scope

# What does not come through a route comes from the page's socket.
PAGE = "page"
MAX_REQUEST_ID = 64

_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)


@dataclass(frozen=True, slots=True)
class Origin:
    """`address` is the client's, behind a trusted proxy the forwarded one; `route` the template of the path or `page`;
    `key_id` is set when an API key was used. All are unknown in work that no request has begun."""

    request_id: str | None = None
    address: str | None = None
    route: str = PAGE
    key_id: UUID | None = None

    def as_record(self) -> dict[str, str | None]:
        """For a journal."""
        key_id = str(self.key_id) if self.key_id else None
        return {"request_id": self.request_id, "address": self.address, "route": self.route, "key_id": key_id}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Origin":
        """As `as_record` wrote it."""
        key_id = UUID(record["key_id"]) if record.get("key_id") else None
        return cls(record.get("request_id"), record.get("address"), record.get("route") or PAGE, key_id)


def arrived(scope: Scope) -> Token[Scope | None]:
    """A request or a socket begins; `left` with the token ends it. Tasks begun meanwhile inherit it."""
    return _scope.set(scope)


def left(token: Token[Scope | None]) -> None:
    """The counterpart of `arrived`."""
    _scope.reset(token)


def user_agent() -> str:
    """What the client of the present request calls itself."""
    scope = _scope.get()
    headers = scope.get("headers", ()) if scope is not None else ()
    return next((value.decode("latin-1") for name, value in headers if name == b"user-agent"), "")


def origin() -> Origin:
    """Of what runs now."""
    scope = _scope.get()
    if scope is None:
        return Origin()
    state = scope.get("state", {})
    client = scope.get("client")
    route = getattr(scope.get("route"), "path", None) if scope["type"] == "http" else None
    return Origin(
        request_id=state.get("request_id"),
        address=client[0] if client else None,
        route=route or PAGE,
        key_id=getattr(state.get("user"), "key_id", None),
    )
