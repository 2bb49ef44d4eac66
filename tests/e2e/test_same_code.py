"""A fresh machine and production run the same code: the same journey on both, which differ by settings alone."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from ssl import SSLContext

import httpx
import pytest

from tests.e2e.api import PASSWORD, chatting, sign_in, text_of
from tests.e2e.resuming import follow
from tests.rig.fixtures import SECRETS
from tests.rig.nginx import nginx
from tests.rig.ports import LOOPBACK, free_port
from tests.rig.server import SCRIPTED, server
from tests.scripted_server import REPLY

EMAIL = "kim@example.com"


@dataclass
class Place:
    """Where people reach the service."""

    url: str
    tls: SSLContext | bool = True


@pytest.fixture(params=["fresh", "production"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """With nothing set at all; and with PostgreSQL, Redis and nginx. The engine is scripted in both."""
    with ExitStack() as stack:
        if request.param == "fresh":
            running = stack.enter_context(server({}, module=SCRIPTED))
            running.wait()
            yield Place(running.url)
            return
        request.getfixturevalue("nginx_installed")
        postgres_url: Callable[[], str] = request.getfixturevalue("postgres_url")
        port = free_port()
        proxy = stack.enter_context(nginx([f"{LOOPBACK}:{port}"]))
        settings = {
            **SECRETS,
            "CHAT_ENV": "production",
            "CHAT_PORT": str(port),
            "CHAT_PUBLIC_URL": proxy.url,
            "CHAT_TRUSTED_PROXIES": f'["{LOOPBACK}"]',
            "CHAT_DATABASE__URL": postgres_url(),
            "CHAT_REDIS__URL": request.getfixturevalue("redis_url"),
        }
        running = stack.enter_context(server(settings, module=SCRIPTED))
        running.url = f"http://{LOOPBACK}:{port}"
        running.wait()
        yield Place(proxy.url, proxy.tls)


def test_the_same_journey(place: Place) -> None:
    with sign_in(place.url, EMAIL, place.tls) as client:
        with chatting(client, "What is this?") as stream:
            events = list(stream)
        assert text_of(events) == REPLY
        assert [event["id"] for event in events] == list(range(1, len(events) + 1))
        first = events[0]["data"]
        assert list(follow(client, first["generation_id"], after=5)) == events[5:]
        path = f"/api/conversations/{first['conversation_id']}"
        messages = client.get(f"{path}/messages").json()["items"]
        assert [message["role"] for message in messages] == ["user", "assistant"]
        assert client.patch(path, json={"title": "첫 대화"}).json()["title"] == "첫 대화"
        assert [found["title"] for found in client.get("/api/conversations").json()["items"]] == ["첫 대화"]
    with httpx.Client(base_url=place.url, verify=place.tls, trust_env=False, timeout=60) as browser:
        form = {"email": EMAIL, "password": PASSWORD}
        assert browser.post("/login", data=form, headers={"Origin": place.url}).status_code == 303
        page = browser.get(f"/c/{first['conversation_id']}")
        assert page.status_code == 200
        assert "nicegui-composer" in page.text
        assert browser.get("/", headers={"Accept": "text/html"}).status_code == 200
    with sign_in(place.url, EMAIL, place.tls) as client:
        assert client.delete(path).status_code == 204
        assert client.get(path).status_code == 404
