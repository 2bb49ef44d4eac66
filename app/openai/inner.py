"""The request as vLLM's API layer sees it."""

from starlette.types import Scope

KEPT = ("type", "asgi", "http_version", "method", "scheme", "client", "server", "path")


def inner(scope: Scope, request_id: str) -> Scope:
    """The scope further in. None of the client's headers decides anything there."""
    headers = [(b"content-type", b"application/json"), (b"x-request-id", request_id.encode())]
    kept = {name: scope[name] for name in KEPT}
    more = {"raw_path": scope["path"].encode(), "query_string": b"", "root_path": "", "state": {}}
    return {**kept, **more, "headers": headers}
