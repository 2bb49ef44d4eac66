"""Clients misbehave: many hang up at once, and one sends the same question many times at once."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from loadtest.faults.accounts import Account
from loadtest.faults.kinds.fault import Fault, Recovered
from loadtest.faults.site import Site
from loadtest.sse import Parser

HUNG_UP, EQUAL = 100, 20
AT_ONCE = 10


def first_event(site: Site, account: Account, content: str, key: str) -> dict[str, Any]:
    """Ask, read the first event and hang up. Raises httpx.HTTPError, also for another status than 200."""
    headers = account.headers | {"Accept": "text/event-stream", "Idempotency-Key": key}
    body = {"content": content, "params": {"max_tokens": 32}}
    parser = Parser()
    with (
        httpx.Client(base_url=site.proxy.url, verify=site.proxy.tls, trust_env=False, timeout=30) as http,
        http.stream("POST", "/api/chat", json=body, headers=headers) as stream,
    ):
        stream.raise_for_status()
        for chunk in stream.iter_bytes():
            for event in parser.feed(chunk):
                queued: dict[str, Any] = json.loads(event.data)
                return queued
    raise httpx.RemoteProtocolError("a stream without an event")


def statuses(site: Site, account: Account, conversation: str) -> list[str]:
    """Of the answers in it."""
    path = f"/api/conversations/{conversation}/messages"
    with httpx.Client(base_url=site.proxy.url, verify=site.proxy.tls, trust_env=False, timeout=30) as http:
        items = http.get(path, headers=account.headers).raise_for_status().json()["items"]
    return [item["status"] for item in items if item["role"] == "assistant"]


def hang_up(site: Site) -> Recovered:
    """Streams that are opened and closed again; their answers are finished and kept all the same."""
    [account] = site.sign_up(1)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        events = list(
            pool.map(lambda number: first_event(site, account, f"{number}?", str(uuid.uuid4())), range(HUNG_UP))
        )
    left = [event["conversation_id"] for event in events]

    def finished() -> bool:
        while left and statuses(site, account, left[-1]) == ["done"]:
            left.pop()
        return not left

    return finished


def equal(site: Site) -> Recovered:
    """The same POST many times at once, with one Idempotency-Key. Raises RuntimeError when it was taken twice."""
    [account], key = site.sign_up(1), str(uuid.uuid4())
    with ThreadPoolExecutor(EQUAL) as pool:
        events = list(pool.map(lambda _: first_event(site, account, "Once?", key), range(EQUAL)))
    if len({event["generation_id"] for event in events}) != 1:
        raise RuntimeError("one question was answered more than once")
    return lambda: statuses(site, account, events[0]["conversation_id"]) == ["done"]


FAULTS = (Fault("clients_hang_up", "F10, F20", hang_up), Fault("equal_requests", "F12", equal))
