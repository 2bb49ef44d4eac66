"""A plain blocking client of a running server."""

import json
import ssl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from loadtest.sse import Parser

PASSWORD = "correct horse battery"


@contextmanager
def sign_in(url: str, email: str | None = None, tls: ssl.SSLContext | bool = True) -> Iterator[httpx.Client]:
    """A client with the token of a (new) account."""
    email = email or f"e2e-{uuid.uuid4().hex[:12]}@example.com"
    with httpx.Client(base_url=url, timeout=60, trust_env=False, verify=tls) as client:
        client.post("/api/auth/register", json={"email": email, "password": PASSWORD})
        answer = client.post("/api/auth/jwt/login", data={"username": email, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


@contextmanager
def chatting(
    client: httpx.Client, content: str, model: Any = None, **params: Any
) -> Iterator[Iterator[dict[str, Any]]]:
    """Send a message; the block reads its events as they come."""
    body = {"content": content, "params": params, "model": model}
    with client.stream("POST", "/api/chat", json=body, headers={"Accept": "text/event-stream"}) as response:
        assert response.status_code == 200, response.read().decode()
        yield _events(response)


def _events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    parser = Parser()
    for chunk in response.iter_bytes():
        for event in parser.feed(chunk):
            yield {"id": int(event.id), "event": event.event, "data": json.loads(event.data)}


def text_of(events: list[dict[str, Any]]) -> str:
    """The concatenated deltas."""
    return "".join(event["data"]["text"] for event in events if event["event"] == "delta")
