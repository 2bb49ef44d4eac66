"""Several Redis processes as one: a primary with a replica and Sentinels, a cluster; and one server with TLS."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis as Client
from redis.crc import key_slot
from redis.exceptions import RedisError

from tests.rig.certificates import write_certificate
from tests.rig.ports import LOOPBACK, free_port
from tests.rig.processes import Process, RigError, running

SERVICE = "chat"
SENTINEL = """
sentinel monitor {service} 127.0.0.1 {primary} {quorum}
sentinel down-after-milliseconds {service} 500
sentinel failover-timeout {service} 2000
"""
SLOTS = 16384


class Member:
    """One process of a set, which may be stopped and started again at its place."""

    def __init__(self, *options: str | Path, file: str = "") -> None:
        self.port = free_port()
        self._options, self._file = options, file
        self._stack = contextlib.ExitStack()
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="chat-redis-")))

    def start(self) -> None:
        """Until it answers."""
        binary = shutil.which("redis-server")
        if binary is None:
            raise RigError("Redis is not installed (Debian package redis-server)")
        configuration = self._folder / "redis.conf"
        if not configuration.exists():
            configuration.write_text(self._file)
        where: list[str | Path] = ["--port", str(self.port), "--bind", LOOPBACK, "--dir", self._folder]
        self._running = contextlib.ExitStack()
        self._stack.enter_context(self._running)
        command = [binary, configuration, *where, *self._options]
        self.process: Process = self._running.enter_context(running(command, self._folder / "log"))
        self.until(lambda client: bool(client.ping()))

    def until(self, true: Callable[[Client], bool]) -> None:
        """Wait for what it says of itself."""
        with Client(port=self.port) as client:
            self.process.wait_until(lambda: _tried(true, client), seconds=15)

    def kill(self) -> None:
        """What it held is lost; its file stays."""
        self.process.kill_group()

    def close(self) -> None:
        """The end of it."""
        self._stack.close()


def _tried(true: Callable[[Client], bool], client: Client) -> bool:
    try:
        return true(client)
    except RedisError:  # it is only starting
        return False


@contextlib.contextmanager
def member(*options: str | Path, file: str = "") -> Iterator[Member]:
    """A running one."""
    with contextlib.closing(Member("--save", "", *options, file=file)) as made:
        made.start()
        yield made


@dataclass
class Sentinels:
    """`primary` is the first one; `url` asks the Sentinels."""

    url: str
    primary: Member
    replica: Member


@contextlib.contextmanager
def sentinels(count: int = 3) -> Iterator[Sentinels]:
    """A primary, its replica, and Sentinels that know both and each other."""
    with contextlib.ExitStack() as stack:
        primary = stack.enter_context(member("--repl-diskless-sync-delay", "0"))
        replica = stack.enter_context(member("--replicaof", f"{LOOPBACK} {primary.port}"))
        replica.until(lambda client: client.info()["master_link_status"] == "up")
        file = SENTINEL.format(service=SERVICE, primary=primary.port, quorum=count // 2 + 1)
        watching = [stack.enter_context(contextlib.closing(Member("--sentinel", file=file))) for _ in range(count)]
        for one in watching:
            one.start()
        for one in watching:
            one.until(lambda client: _knows(client.sentinel_master(SERVICE), count - 1))
        hosts = ",".join(f"{LOOPBACK}:{one.port}" for one in watching)
        yield Sentinels(f"redis+sentinel://{hosts}/{SERVICE}/0", primary, replica)


def _knows(state: Any, others: int) -> bool:
    return bool(state["num-slaves"] == 1 and state["num-other-sentinels"] == others)


@dataclass
class Cluster:
    """Members without replicas."""

    members: list[Member]

    @property
    def url(self) -> str:
        """All of them."""
        return "redis+cluster://" + ",".join(f"{LOOPBACK}:{one.port}" for one in self.members)

    def first(self, number: int) -> int:
        """The first slot of a member."""
        return number * SLOTS // len(self.members)

    def holder(self, key: str) -> Member:
        """The one that has this key."""
        slot = key_slot(key.encode())
        return next(one for number, one in enumerate(self.members) if slot < self.first(number + 1))


@contextlib.contextmanager
def cluster(count: int = 3, timeout_ms: int = 10_000) -> Iterator[Cluster]:
    """All slots are served. A member that is silent for `timeout_ms` counts as lost, and with it the cluster."""
    with contextlib.ExitStack() as stack:
        buses = [free_port() for _ in range(count)]
        mode = ["--cluster-enabled", "yes", "--cluster-node-timeout", str(timeout_ms), "--cluster-port"]
        whole = Cluster([stack.enter_context(member(*mode, str(bus))) for bus in buses])
        for number, one in enumerate(whole.members):
            with Client(port=one.port) as client:
                client.execute_command("CLUSTER ADDSLOTSRANGE", whole.first(number), whole.first(number + 1) - 1)
                client.execute_command("CLUSTER MEET", LOOPBACK, whole.members[0].port, buses[0])
        for one in whole.members:
            one.until(lambda client: _whole(client.execute_command("CLUSTER INFO"), count))  # type: ignore[no-untyped-call]
        yield whole


def _whole(state: Any, count: int) -> bool:
    return bool(state["cluster_state"] == "ok" and int(state["cluster_known_nodes"]) == count)


@contextlib.contextmanager
def redis_over_tls() -> Iterator[str]:
    """The URL of a server whose certificate only its own authority vouches for."""
    with tempfile.TemporaryDirectory(prefix="chat-redis-tls-") as folder:
        certificate, key = write_certificate(Path(folder))
        port = free_port()
        files: list[str | Path] = [
            "--tls-cert-file",
            certificate,
            "--tls-key-file",
            key,
            "--tls-ca-cert-file",
            certificate,
        ]
        with member("--tls-port", str(port), "--tls-auth-clients", "no", *files):
            yield f"rediss://{LOOPBACK}:{port}/0?ssl_ca_certs={certificate}"
