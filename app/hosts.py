"""The `Host` of a request: only names that are ours, once `CHAT_PUBLIC_URL` says which that is.

A page of another site can lead its own name to our address (DNS rebinding); the browser then takes us for that site.
Addresses in figures and names of this machine cannot be led anywhere, so they are always allowed.
"""

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import BadRequest
from app.http import app_error_response

# Asked by probes under names of their own network; they tell nothing about people.
PROBES = {"/healthz", "/readyz", "/metrics"}


def hostname(host: str) -> str:
    """The name in a `Host` header, without its port, in lower case; empty when it is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_this_machine(name: str) -> bool:
    """Whether the name means the machine of who asks."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _address(name)
    return address is not None and address.is_loopback


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


class HostCheck:
    """Refuses other names with 400 `unknown_host`; sockets are closed before they open."""

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self.app = app
        self._public = urlsplit(public_url).hostname
        self._error = BadRequest(f"This service is reached as {public_url}.", code="unknown_host")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it pass or refuse it."""
        if scope["type"] == "lifespan" or scope["path"] in PROBES or self._is_ours(Headers(scope=scope)):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await app_error_response(scope, self._error)(scope, receive, send)

    def _is_ours(self, headers: Headers) -> bool:
        name = hostname(headers.get("host", ""))
        return name == self._public or is_this_machine(name) or _address(name) is not None
