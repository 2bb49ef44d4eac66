"""Where a request comes from."""

from starlette.requests import Request

from app.hosts import hostname, is_this_machine

LOOPBACK = {"127.0.0.1", "::1"}


def from_loopback(request: Request) -> bool:
    """Whether the peer itself is this machine; a proxy in front makes that false."""
    forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    # A page of another site can lead its own name here; the name in the address bar is then still its own.
    named = is_this_machine(hostname(request.headers.get("host", "")))
    return request.client is not None and request.client.host in LOOPBACK and not forwarded and named


def peer_of(request: Request) -> str | None:
    """The address of the client; behind a trusted proxy the server has put the forwarded one here."""
    return request.client.host if request.client else None
