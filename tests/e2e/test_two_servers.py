"""Two real servers behind our nginx, on one PostgreSQL and one Redis, as they are deployed."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import httpx
import pytest

from tests.e2e.api import chatting, sign_in, text_of
from tests.e2e.resuming import follow
from tests.rig.fixtures import RAISED_LIMITS, SECRETS
from tests.rig.nginx import Nginx, nginx
from tests.rig.ports import LOOPBACK, free_port
from tests.rig.server import SCRIPTED, Server, server
from tests.scripted_server import REPLY

# nginx gives up on a silent server after so long; the servers say a word this often.
READ_SECONDS, PING_SECONDS = 3, 0.5
CONNECTIONS = 10
ENDLESS = {"max_tokens": 7000, "ignore_eos": True}


@dataclass
class Pair:
    """Both servers, by their address, and the proxy."""

    proxy: Nginx
    servers: dict[str, Server]

    def answered(self, response: httpx.Response) -> str:
        """Which server a response came from."""
        log, wanted = self.proxy.access_log, response.headers["X-Request-ID"]
        self.proxy.process.wait_until(lambda: wanted in log.read_text(), seconds=10)
        [line] = [line for line in log.read_text().splitlines() if line.endswith(wanted)]
        [address] = [part for part in line.split() if part in self.servers]
        return address


@pytest.fixture(scope="module")
def pair(nginx_installed: None, postgres_url: Callable[[], str], redis_url: str) -> Iterator[Pair]:
    ports = [free_port(), free_port()]
    addresses = [f"{LOOPBACK}:{port}" for port in ports]
    with ExitStack() as stack:
        limits = {"connections_per_address": CONNECTIONS, "read_timeout": READ_SECONDS}
        proxy = stack.enter_context(nginx(addresses, **limits))
        settings = {
            **RAISED_LIMITS,
            **SECRETS,
            "CHAT_ENV": "production",
            "CHAT_DATABASE__URL": postgres_url(),
            "CHAT_REDIS__URL": redis_url,
            "CHAT_PUBLIC_URL": proxy.url,
            "CHAT_TRUSTED_PROXIES": f'["{LOOPBACK}"]',
            "SCRIPTED_DELAY": "0.03",
            "CHAT_ENGINE__MAX_NUM_SEQS": "1",
            "SCRIPTED_PING": str(PING_SECONDS),
        }
        # Both at once: one of them migrates the empty database.
        servers = {
            address: stack.enter_context(server({**settings, "CHAT_PORT": str(port)}, module=SCRIPTED))
            for address, port in zip(addresses, ports, strict=True)
        }
        for address, running in servers.items():
            running.url = f"http://{address}"
            running.wait("/readyz", seconds=120)
        yield Pair(proxy, servers)


@pytest.fixture
def client(pair: Pair) -> Iterator[httpx.Client]:
    with sign_in(pair.proxy.url, tls=pair.proxy.tls) as instance:
        yield instance


@contextmanager
def at_the_other(pair: Pair, client: httpx.Client) -> Iterator[httpx.Client]:
    """The same user with a key that leads to the other server."""
    here = pair.answered(client.get("/api/users/me"))
    for number in range(40):
        key = client.post("/api/keys", json={"name": f"key {number}", "scopes": ["chat", "read"]}).json()["key"]
        with httpx.Client(base_url=pair.proxy.url, verify=pair.proxy.tls, trust_env=False, timeout=60) as other:
            other.headers["Authorization"] = f"Bearer {key}"
            if pair.answered(other.get("/api/users/me")) != here:
                yield other
                return
    pytest.fail("forty keys led to one server")


def test_an_answer_is_followed_on_at_the_other_server(pair: Pair, client: httpx.Client) -> None:
    with chatting(client, "What is this?") as stream:
        seen = [next(stream) for _ in range(8)]
    with at_the_other(pair, client) as other:
        rest = list(follow(other, seen[0]["data"]["generation_id"], after=len(seen)))
    events = seen + rest
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["event"] == "done"
    assert text_of(events) == REPLY


def test_a_wait_longer_than_the_read_timeout(client: httpx.Client) -> None:
    """Signs of life keep the stream; who asked for one JSON has none, and is told to come back."""
    question = {"content": "And then?"}
    with chatting(client, "Go on for ever", **ENDLESS) as busy, ThreadPoolExecutor(1) as pool:
        first = next(busy)["data"]["generation_id"]
        with client.stream("POST", "/api/chat", json=question) as waiting:
            whole = pool.submit(client.post, "/api/chat", json=question, headers={"Accept": "application/json"})
            began, text = time.monotonic(), ""
            for piece in waiting.iter_text():
                text += piece
                if time.monotonic() > began + 2.5 * READ_SECONDS:
                    break
            assert "event: started" not in text
            assert text.count(": ping\n\n") > 5
            assert whole.result().json()["error"]["code"] == "unavailable"
            generation = text.partition('"generation_id":"')[2].partition('"')[0]
            assert client.delete(f"/api/generations/{first}").status_code == 204
    assert text_of(list(follow(client, generation))) == REPLY


def test_connections_of_an_address(client: httpx.Client) -> None:
    with chatting(client, "Go on for ever", **ENDLESS) as busy, ExitStack() as stack:
        first = next(busy)["data"]["generation_id"]
        path = f"/api/generations/{first}/events"
        for _ in range(CONNECTIONS - 1):
            assert stack.enter_context(client.stream("GET", path)).status_code == 200
        refused = client.get("/api/users/me")
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_requests")
        assert refused.headers["Retry-After"] == "2"
        stack.close()
        while client.delete(f"/api/generations/{first}").status_code == 429:
            continue  # nginx has yet to see that some have left


def test_bodies(client: httpx.Client) -> None:
    refused = client.post("/api/chat", json={"content": "x" * 300_000})
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_large")
    assert refused.json()["error"]["request_id"] == refused.headers["X-Request-ID"]
    imported = client.post("/api/conversations/import", content=b'{"x": "%s"}' % (b"x" * 3_000_000))
    assert imported.status_code == 422


def test_headers(pair: Pair, client: httpx.Client) -> None:
    with httpx.Client(base_url=pair.proxy.url, verify=pair.proxy.tls, trust_env=False) as stranger:
        page, static = stranger.get("/login"), stranger.get("/static/shell.js", headers={"Accept-Encoding": "gzip"})
        closed = [stranger.get(path).status_code for path in ("/metrics", "/docs", "/openapi.json")]
    assert closed == [404] * 3
    for response in (page, static, client.get("/api/users/me"), client.get("/api/nothing")):
        for name in ("Strict-Transport-Security", "X-Content-Type-Options", "X-Request-ID", "Referrer-Policy"):
            assert len(response.headers.get_list(name)) == 1, name
        assert response.headers["Server"] == "nginx"
        assert len(response.headers.get_list("Cache-Control")) == 1
    assert "nonce-" in page.headers["Content-Security-Policy"]
    assert static.headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_tls_and_http2(pair: Pair, version: str) -> None:
    tls = ssl.create_default_context(cafile=str(pair.proxy.folder / "cert.pem"))
    tls.minimum_version = tls.maximum_version = ssl.TLSVersion[version]
    tls.set_alpn_protocols(["h2", "http/1.1"])
    address = (LOOPBACK, pair.proxy.https_port)
    with socket.create_connection(address) as plain, tls.wrap_socket(plain, server_hostname="localhost") as secure:
        assert secure.selected_alpn_protocol() == "h2"
        assert secure.version() == version.replace("_", ".")


def test_a_killed_server_is_left_out(pair: Pair, client: httpx.Client) -> None:
    """Passive health checks: whoever was there is answered by the other one."""
    here = pair.answered(client.get("/api/users/me"))
    pair.servers[here].process.kill_group()
    answers = [client.get("/api/users/me") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    with chatting(client, "Still there?") as stream:
        assert text_of(list(stream)) == REPLY
