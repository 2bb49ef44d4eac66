"""The proxy as it is shipped, in front of a stand-in."""

import re
import ssl
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from app.config import Settings
from app.serve import configured
from tests.rig.nginx import Nginx, nginx
from tests.rig.ports import LOOPBACK, free_port
from tests.rig.processes import RigError
from tests.rig.upstream import Upstream, upstream

TEMPLATE = Path(__file__).parents[2] / "nginx/nginx.conf.template"
HSTS = "max-age=31536000; includeSubDomains"


@pytest.fixture(scope="module")
def behind() -> Iterator[Upstream]:
    with upstream() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def proxy(nginx_installed: None, behind: Upstream) -> Iterator[Nginx]:
    with nginx([behind.address]) as instance:
        yield instance


@pytest.fixture
def client(proxy: Nginx) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=proxy.url, verify=proxy.tls, trust_env=False, timeout=10) as instance:
        yield instance


def test_forwarding_headers_are_ours(client: httpx.Client, proxy: Nginx) -> None:
    forged = {
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Prefix": "/evil",
        "X-Forwarded-Host": "evil.example",
        "X-Real-IP": "6.6.6.6",
        "Forwarded": "for=6.6.6.6",
        "X-Request-ID": "forged",
    }
    answer = client.get("/api/users/me?q=1", headers=forged)
    seen = answer.json()["headers"]
    assert seen["x-forwarded-for"] == LOOPBACK
    assert seen["x-forwarded-proto"] == "https"
    assert seen["host"] == f"localhost:{proxy.https_port}"
    assert len(seen["x-request-id"]) == 32
    assert not {"x-forwarded-prefix", "x-forwarded-host", "x-real-ip", "forwarded", "upgrade"} & seen.keys()
    assert answer.headers["strict-transport-security"] == HSTS
    assert answer.headers["server"] == "nginx"


def test_events_arrive_before_the_answer_ends(client: httpx.Client, behind: Upstream) -> None:
    behind.go_on.clear()
    with client.stream("GET", "/api/stream", headers={"Accept-Encoding": "gzip"}) as answer:
        assert "content-encoding" not in answer.headers
        parts = answer.iter_text()
        assert "first" in next(parts)  # the stand-in has not sent the second, and waits for us
        behind.go_on.set()
        assert "second" in "".join(parts)


@pytest.mark.parametrize("path", ["/metrics", "/docs", "/redoc", "/openapi.json", "//metrics", "/%6detrics", "/docs/x"])
def test_closed_routes(client: httpx.Client, proxy: Nginx, path: str) -> None:
    answer = client.get(proxy.url + path)
    assert answer.status_code == 404
    assert "headers" not in answer.text


def test_plain_http(proxy: Nginx) -> None:
    base = f"http://localhost:{proxy.http_port}"
    page = httpx.get(f"{base}/c/1?x=2", trust_env=False)
    assert (page.status_code, page.headers["location"]) == (301, f"{proxy.url}/c/1?x=2")
    api = httpx.post(f"{base}/v1/chat/completions", trust_env=False)
    assert (api.status_code, api.json()["error"]["code"]) == (403, "https_required")


def test_other_host_names_get_no_answer(proxy: Nginx) -> None:
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        httpx.get(f"http://{LOOPBACK}:{proxy.http_port}/", trust_env=False)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"https://{LOOPBACK}:{proxy.https_port}/", verify=proxy.tls, trust_env=False)


@pytest.mark.parametrize(("version", "accepted"), [("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)])
def test_tls_versions(proxy: Nginx, version: str, accepted: bool) -> None:
    tls = ssl.create_default_context()
    tls.load_verify_locations(proxy.access_log.with_name("cert.pem"))
    tls.set_ciphers("ALL:@SECLEVEL=0")  # so that our own side would do TLS 1.1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        tls.minimum_version = tls.maximum_version = ssl.TLSVersion[version]
    with httpx.Client(verify=tls, trust_env=False) as client:
        if accepted:
            assert client.get(f"{proxy.url}/healthz").status_code == 200
        else:
            with pytest.raises(httpx.ConnectError, match=r"(?i)alert protocol version"):
                client.get(f"{proxy.url}/healthz")


def test_websockets_are_upgraded_for_our_own_pages_only(client: httpx.Client, proxy: Nginx) -> None:
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"}
    own = client.get("/_nicegui_ws/socket.io/", headers={**upgrade, "Origin": proxy.url}).json()["headers"]
    assert (own["upgrade"], own["connection"]) == ("websocket", "upgrade")
    foreign = client.get("/_nicegui_ws/socket.io/", headers={**upgrade, "Origin": "https://evil.example"})
    assert foreign.status_code == 403
    tunnel = client.get("/api/x", headers={"Upgrade": "h2c", "Connection": "Upgrade"}).json()["headers"]
    assert "upgrade" not in tunnel


BODIES = [
    ("/api/chat", 200_000, 200),
    ("/api/chat", 300_000, 413),
    ("/v1/completions", 1_900_000, 200),
    ("/v1/completions", 2_200_000, 413),
    ("/api/conversations/import", 20_000_000, 200),
]


@pytest.mark.parametrize(("path", "size", "status"), BODIES)
def test_body_caps(client: httpx.Client, path: str, size: int, status: int) -> None:
    assert client.post(path, content=b"x" * size).status_code == status


def test_replica_cookie(client: httpx.Client) -> None:
    first = client.get("/_nicegui/x.js")
    assert "replica=" in first.headers["set-cookie"]
    assert "set-cookie" not in client.get("/_nicegui/x.js").headers
    client.cookies.clear()
    assert "set-cookie" not in client.get("/api/keys", headers={"Authorization": "Bearer k"}).headers


def test_the_log_keeps_no_queries_and_no_tokens(client: httpx.Client, proxy: Nginx) -> None:
    client.get("/c/one?secret=hunter2")
    client.get("/share/hunter2")
    client.get("/c/kim%40hunter2.example")
    # nginx writes its line after the answer.
    proxy.process.wait_until(lambda: "GET /- " in proxy.access_log.read_text(), seconds=5)
    log = proxy.access_log.read_text()
    assert '"GET /c/one HTTP/1.1" 200' in log
    assert "hunter2" not in log


def test_too_many_sign_ins(client: httpx.Client) -> None:
    statuses = [client.post("/api/auth/jwt/login", content=b"x").status_code for _ in range(14)]
    assert statuses[:10] == [200] * 10
    refused = client.post("/api/auth/jwt/login", content=b"x")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
    assert refused.json()["error"]["code"] == "too_many_requests"


def test_too_many_pages(nginx_installed: None, behind: Upstream) -> None:
    """Five a second and twenty at once; what pages are made of does not count."""
    with (
        nginx([behind.address]) as proxy,
        httpx.Client(base_url=proxy.url, verify=proxy.tls, trust_env=False) as client,
    ):
        began = time.monotonic()
        statuses = [client.get(f"/c/{number}").status_code for number in range(60)]
        allowed = 21 + 5 * (time.monotonic() - began)
        assert statuses[:21] == [200] * 21
        assert 21 <= statuses.count(200) <= allowed
        while (refused := client.get("/")).status_code == 200:
            continue
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
        assert "Too many requests" in refused.text
        assert {client.get(f"/static/{number}.css").status_code for number in range(30)} == {200}


def test_a_lost_server_has_a_page_and_a_json_of_ours(nginx_installed: None) -> None:
    with nginx([f"{LOOPBACK}:{free_port()}"]) as lonely:
        page = httpx.get(lonely.url, verify=lonely.tls, trust_env=False)
        api = httpx.get(f"{lonely.url}/api/users/me", verify=lonely.tls, trust_env=False)
    for answer in (page, api):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.headers["strict-transport-security"] == HSTS
    assert "잠시 후 다시 연결됩니다" in page.text
    assert api.json()["error"]["code"] == "unavailable"


def test_closed_for_maintenance(client: httpx.Client, proxy: Nginx) -> None:
    notice = proxy.folder / "nginx-maintenance"
    notice.touch()
    page, api = client.get("/"), client.get("/api/users/me")
    notice.unlink()
    assert (page.status_code, api.status_code, api.json()["error"]["code"]) == (503, 503, "unavailable")
    assert ("다시 연결됩니다" in page.text, "starting again" in page.text) == (True, True)
    assert client.get("/api/users/me").status_code == 200


def test_certificates_are_renewed_over_plain_http(proxy: Nginx) -> None:
    challenge = proxy.folder / ".well-known/acme-challenge/token"
    challenge.parent.mkdir(parents=True)
    challenge.write_text("answer")
    url = f"http://localhost:{proxy.http_port}/.well-known/acme-challenge"
    assert httpx.get(f"{url}/token", trust_env=False).text == "answer"
    assert httpx.get(f"{url}/other", trust_env=False).status_code == 404


def test_a_server_that_is_away_costs_nobody_an_answer(nginx_installed: None) -> None:
    with upstream() as one, nginx([one.address, f"{LOOPBACK}:{free_port()}"]) as proxy:
        with httpx.Client(base_url=proxy.url, verify=proxy.tls, trust_env=False) as client:
            keys = [{"Authorization": f"Bearer {number}"} for number in range(20)]
            assert {client.get("/api/keys", headers=key).status_code for key in keys} == {200}
            assert {client.post("/api/keys", headers=key).status_code for key in keys} == {200}


def test_several_servers_behind_one_proxy(nginx_installed: None) -> None:
    with upstream() as one, upstream() as two, nginx([one.address, two.address]) as proxy:
        ports = set()
        for _ in range(20):
            with httpx.Client(base_url=proxy.url, verify=proxy.tls, trust_env=False) as browser:
                seen = {browser.get(f"/_nicegui/{n}").headers["x-upstream"] for n in range(3)}
            assert len(seen) == 1  # one browser, one replica, from the first page on
            ports |= seen
        assert len(ports) == 2


def test_a_bad_configuration_is_told(nginx_installed: None, tmp_path: Path) -> None:
    with pytest.raises(RigError, match="host not found"), nginx(["no_such_host.invalid:80"]):
        pass


def test_what_is_idle_is_ended_here_before_the_server_ends_it_under_a_request(
    make_settings: Callable[..., Settings],
) -> None:
    """Also by one whose loop has been held up for 2 s meanwhile."""
    found = re.search(r"upstream chat \{.*?keepalive_timeout (\d+)s;", TEMPLATE.read_text(), re.DOTALL)
    assert found is not None
    assert int(found[1]) + 2 < configured(make_settings(), FastAPI()).timeout_keep_alive
