"""Somebody whose every word is unique uses the service while its parts break; no log of any process has one."""

import re
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.api import text_of
from tests.e2e.resuming import Service, ask, follow, follow_through, service
from tests.rig.fixtures import need
from tests.rig.nginx import Nginx, nginx
from tests.rig.ports import LOOPBACK
from tests.rig.postgres import Postgres, bin_directory, postgres

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(400)]

EMAIL = "canary-kim.9271@canary-mail.example"
PASSWORD = "canary-Password-5519"
WRONG = "canary-Wrong-7781"
PHONE = "010-8231-4477"
CARD = "4111 1111 1111 1111"
IPV4, IPV6 = "203.0.113.77", "2001:db8::7f3a:91c2"
PROMPT = "canaryprompt4411"
QUESTION = f"{PROMPT} {PHONE} {CARD} {EMAIL} {IPV4} {IPV6} 아키텍처를 자세히 설명해 줘"
LONG = {"max_tokens": 400, "ignore_eos": True}


@pytest.fixture
def cluster() -> Iterator[Postgres]:
    """PostgreSQL that logs every statement, as somebody does who looks for a fault."""
    need(bin_directory(), "postgresql")
    with postgres() as instance:
        psql: list[str | Path] = [
            instance.binaries / "psql",
            "-h",
            LOOPBACK,
            "-p",
            str(instance.port),
            "-U",
            "chat",
            "postgres",
        ]
        for statement in ("ALTER SYSTEM SET log_statement = 'all'", "SELECT pg_reload_conf()"):
            subprocess.run([*psql, "-c", statement], check=True, capture_output=True)
        yield instance


def enter(client: httpx.Client, account: dict[str, str]) -> list[str]:
    """Register several times at once, sign in with a wrong and the right password; the secrets that are handed out."""
    with ThreadPoolExecutor(6) as pool:
        posted = pool.map(lambda _: client.post("/api/auth/register", json=account).status_code, range(6))
        assert sorted(posted)[0] == 201
    for password in (WRONG, PASSWORD):
        signed_in = client.post("/api/auth/jwt/login", data={"username": EMAIL, "password": password})
    token = signed_in.json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    return [token, client.post("/api/keys", json={"name": f"{PROMPT} key"}).json()["key"]]


def err(client: httpx.Client, token: str) -> None:
    """Everything that is refused."""
    statuses = [
        client.post("/api/chat", json={"content": f"{PROMPT} " * 9000}).status_code,
        client.post("/api/chat", json={"content": PROMPT, "surprise": EMAIL}).status_code,
        client.post("/api/chat", content=f'{{"{PROMPT}').status_code,
        client.get(f"/api/nothing/{EMAIL}?q={PROMPT}").status_code,
        client.get("/api/users/me", headers={"Authorization": f"Bearer {token}x"}).status_code,
        client.patch("/api/users/me", json={"current_password": WRONG, "password": PASSWORD}).status_code,
        client.get(f"/login?email={EMAIL}", headers={"Authorization": ""}).status_code,
    ]
    assert statuses == [413, 422, 422, 404, 401, 403, 200]


def lose_engine(client: httpx.Client, running: Service) -> str:
    """In the middle of an answer, which is finished by the next one."""
    generation = ask(client, QUESTION, **LONG)["data"]["generation_id"]
    events = follow_through(client, generation, {20: lambda: running.signal_engine(signal.SIGKILL)})
    assert [event["event"] for event in events].count("resuming") == 1
    return text_of(events)


def lose_database(client: httpx.Client, cluster: Postgres) -> str:
    """In the middle of an answer, which goes on for who reads it."""
    generation = ask(client, QUESTION, **LONG)["data"]["generation_id"]
    events = follow(client, generation)
    seen = [next(events), next(events)]
    cluster.process.stop(signal.SIGQUIT)
    seen += events
    form = {"username": EMAIL, "password": PASSWORD}
    statuses = [
        client.post("/api/auth/jwt/login", data=form).status_code,
        client.post("/api/chat", json={"content": QUESTION}).status_code,
        client.get(f"/api/conversations?q={PROMPT}").status_code,
    ]
    assert statuses == [503, 503, 503]
    return text_of(seen)


def test_no_log_of_any_process_has_a_word_of_anybody(tmp_path: Path, cluster: Postgres, nginx_installed: None) -> None:
    settings = {"CHAT_ENGINE__MODEL": "demo", "CHAT_DATABASE__URL": cluster.new_database()}
    # vLLM as talkative as an operator can make it.
    settings |= {"VLLM_CONFIGURE_LOGGING": "1", "VLLM_LOGGING_LEVEL": "DEBUG"}
    with service(tmp_path / "data", settings) as running, nginx([urlsplit(running.url).netloc]) as proxy:
        with httpx.Client(base_url=proxy.url, verify=proxy.tls, trust_env=False, timeout=60) as client:
            secrets = enter(client, {"email": EMAIL, "password": PASSWORD})
            err(client, secrets[0])
            answers = [lose_engine(client, running), lose_database(client, cluster)]
        metrics = httpx.get(f"{running.url}/metrics", trust_env=False).text
        assert running.process is not None
        running.process.stop()
        sinks = {"service and vLLM": running.process.log(), "metrics": metrics, **logs_of(proxy)}
    sinks["PostgreSQL"] = cluster.process.log()
    words = [EMAIL, EMAIL.split("@")[0], PASSWORD, WRONG, PHONE, CARD, IPV4, IPV6, PROMPT, *secrets]
    words += [answer[30:60] for answer in answers]
    for word in words:
        assert len(word) > 8
        for sink, content in sinks.items():
            assert word not in content, (word[:20], sink)
    # They have something to say, and the faults are in them.
    assert re.search(r"(DEBUG|INFO) \S+ \S+ \[\S+\.py:\d+\]", sinks["service and vLLM"])
    assert sinks["service and vLLM"].count("stage=ready") == 2
    assert "status=503" in sinks["service and vLLM"]
    assert "duplicate key value" in sinks["PostgreSQL"]
    assert "INSERT INTO messages" in sinks["PostgreSQL"]
    assert '"POST /api/chat HTTP/1.1" 503' in sinks["access.log"]


def logs_of(proxy: Nginx) -> dict[str, str]:
    """All three."""
    files = {name: proxy.access_log.with_name(name).read_text() for name in ("access.log", "error.log")}
    return files | {"nginx": proxy.process.log()}
