"""Where a request comes from."""

from starlette.requests import Request

LOOPBACK = {"127.0.0.1", "::1"}


def from_loopback(request: Request) -> bool:
    """Whether the peer itself is this machine; a proxy in front makes that false."""
    forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    return request.client is not None and request.client.host in LOOPBACK and not forwarded


def peer_of(request: Request) -> str | None:
    """The address of the client; behind a trusted proxy the server has put the forwarded one here."""
    return request.client.host if request.client else None
