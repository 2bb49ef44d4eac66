"""The real service behind our real nginx, over TLS."""

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.api import chatting, sign_in
from tests.rig.nginx import Nginx, nginx
from tests.rig.server import Server

pytestmark = pytest.mark.vllm


@pytest.fixture(scope="module")
def proxy(live_server: Server, nginx_installed: None) -> Iterator[Nginx]:
    with nginx([urlsplit(live_server.url).netloc]) as instance:
        yield instance


def test_tokens_come_one_by_one(proxy: Nginx) -> None:
    with sign_in(proxy.url, tls=proxy.tls) as client:
        with chatting(client, "아키텍처를 자세히 설명해 줘", max_tokens=200, ignore_eos=True) as stream:
            arrivals = [time.monotonic() for event in stream if event["event"] == "delta"]
    assert len(arrivals) > 50
    assert arrivals[-1] - arrivals[0] > 10 * (arrivals[1] - arrivals[0])


def test_what_is_closed_and_what_is_added(proxy: Nginx) -> None:
    with sign_in(proxy.url, tls=proxy.tls) as client:
        for path in ("/metrics", "/docs", "/openapi.json"):
            assert client.get(path).status_code == 404, path
        me = client.get("/api/users/me")
        assert me.status_code == 200
        # Whoever comes through the proxy is not "this machine": nobody becomes administrator this way.
        assert me.json()["role"] == "member"
        assert "max-age" in me.headers["Strict-Transport-Security"]
        big = client.post("/api/chat", json={"content": "x" * 400_000})
        assert big.status_code == 413
    with httpx.Client(base_url=proxy.url, verify=proxy.tls, trust_env=False) as anonymous:
        login = anonymous.get("/login")
        assert (login.status_code, "nonce-" in login.headers["Content-Security-Policy"]) == (200, True)
        assert anonymous.get("/static/shell.js").status_code == 200
