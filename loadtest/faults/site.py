"""The production-like set-up: our nginx with TLS before two servers on one PostgreSQL and one Redis.

Each server has an engine of its own, as two machines would: a shared remote engine would be smaller, but an answer of a
remote model cannot go on in its middle, and that answers do go on is what is looked at here.
"""

import contextlib
import signal
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx

from loadtest.faults.accounts import Account
from loadtest.local_server import RAISED
from tests.rig.nginx import Nginx, nginx
from tests.rig.ports import LOOPBACK, free_port
from tests.rig.postgres import Postgres, postgres
from tests.rig.processes import Process, running
from tests.rig.redis import Redis, redis
from tests.rig.server import SCRIPTED, environment

ENGINES = ("demo", "scripted")
READY_SECONDS = 300.0
# docker/systemd/vllm-chat.service: RestartSec, TimeoutStopSec
RESTART_SECONDS, STOP_SECONDS = 2.0, 45.0
CONNECTIONS = 400  # of the one address that all users here share


@dataclass
class Replica:
    """One server: always the same address and data directory, in one process after the other."""

    folder: Path
    port: int
    settings: Mapping[str, str]
    scripted: bool
    _stack: contextlib.ExitStack

    @property
    def address(self) -> str:
        """As nginx names it."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int:
        """Of the web process that runs now."""
        return self.process.popen.pid

    def start(self) -> None:
        """A new process; it is not ready yet."""
        variables = {"CHAT_DATA_DIR": str(self.folder / "data"), "CHAT_PORT": str(self.port), **self.settings}
        module = SCRIPTED if self.scripted else ("app", "serve")
        self.process: Process = self._stack.enter_context(
            running([sys.executable, "-m", *module], self.folder / "log", env=environment(variables), cwd=self.folder)
        )

    def stop(self) -> None:
        """As `systemctl stop`. RigError when it does not end in time."""
        self.process.stop(signal.SIGTERM, STOP_SECONDS)

    def kill(self) -> None:
        """`kill -9`; its EngineCore notices by itself."""
        self.process.popen.kill()
        self.process.popen.wait()

    def ready(self) -> bool:
        """True when it answers questions."""
        try:
            return httpx.get(f"http://{self.address}/readyz", timeout=2, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def wait(self) -> None:
        """Until it answers questions. RigError, with its log, at its death or after READY_SECONDS."""
        self.process.wait_until(self.ready, READY_SECONDS)


@dataclass
class Site:
    """All of it."""

    proxy: Nginx
    replicas: list[Replica]
    postgres: Postgres
    redis: Redis
    engine: str

    def ready(self) -> bool:
        """True when every part of it works."""
        return (
            all(replica.ready() for replica in self.replicas)
            and self.redis.pongs()
            and self.postgres.is_ready()
            and self._proxied()
        )

    def _proxied(self) -> bool:
        try:
            answer = httpx.get(f"{self.proxy.url}/healthz", timeout=2, verify=self.proxy.tls, trust_env=False)
            return answer.status_code == 200
        except httpx.TransportError:
            return False

    def sign_up(self, count: int) -> list[Account]:
        """New accounts with tokens, half of them made at each server: nginx lets one address make one a second."""

        def make(number: int) -> Account:
            replica = self.replicas[number % len(self.replicas)]
            form = {"username": f"user-{uuid.uuid4()}@example.com", "password": uuid.uuid4().hex}
            with httpx.Client(base_url=f"http://{replica.address}", timeout=60, trust_env=False) as http:
                made = {"email": form["username"], "password": form["password"]}
                http.post("/api/auth/register", json=made).raise_for_status()
                token = http.post("/api/auth/jwt/login", data=form).raise_for_status().json()["access_token"]
            return Account(form["username"], token)

        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(make, range(count)))


@contextlib.contextmanager
def site(engine: str = "demo", extra: Mapping[str, str] | None = None) -> Iterator[Site]:
    """Start it, with the `extra` settings of both servers, and wait until all answer. Raises RigError."""
    ports = [free_port(), free_port()]
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chat-site-")))
        database, cache = stack.enter_context(postgres(keeps=True)), stack.enter_context(redis())
        proxy = stack.enter_context(
            nginx([f"{LOOPBACK}:{port}" for port in ports], connections_per_address=CONNECTIONS)
        )
        settings = {
            **RAISED,
            "CHAT_ENV": "production",
            "CHAT_AUTH__SECRET": uuid.uuid4().hex * 2,
            "CHAT_DATABASE__URL": database.new_database(),
            "CHAT_REDIS__URL": cache.url,
            "CHAT_PUBLIC_URL": proxy.url,
            "CHAT_TRUSTED_PROXIES": f'["{LOOPBACK}"]',
            "HF_HUB_OFFLINE": "1",
            **({"SCRIPTED_DELAY": "0.03"} if engine == "scripted" else {"CHAT_ENGINE__MODEL": engine}),
            **(extra or {}),
        }
        replicas = []
        for port in ports:
            own = folder / str(port)
            own.mkdir()
            replicas.append(Replica(own, port, settings, engine == "scripted", stack))
        # Both at once: one of them migrates the empty database.
        for replica in replicas:
            replica.start()
        for replica in replicas:
            replica.wait()
        yield Site(proxy, replicas, database, cache, engine)
