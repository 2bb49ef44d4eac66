"""A new version takes over, and a canary that dies is taken back: by docker/release, with our two servers as its slots.

Before and after, both servers serve; a release begins with one of them, as on one host.
"""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from docker.release import Proxy, ReleaseError, Releases, Slot
from docker.release import Site as Host
from docker.release import state as states
from loadtest.faults.kinds.fault import Fault, Recovered
from loadtest.faults.site import Replica, Site

WATCH_SECONDS, CANARY_SECONDS, CANARY_WEIGHT = 10.0, 6.0, 30
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Slots:
    """Runs versions in our servers. All versions here are this one, in a process of its own."""

    replicas: dict[str, Replica]

    def migrate(self, slot: str, version: str) -> None:
        """The database has this version's schema."""

    def start(self, slot: str, version: str) -> None:
        """A new process."""
        self.replicas[slot].start()

    def alive(self, slot: str) -> bool:
        """Whether it runs."""
        return self.replicas[slot].process.popen.poll() is None

    def stop(self, slot: str) -> None:
        """With SIGTERM."""
        self.replicas[slot].stop()

    def log(self, slot: str) -> str:
        """Its last words."""
        return self.replicas[slot].process.log()[-2000:]


@contextlib.contextmanager
def releases(site: Site) -> Iterator[Releases]:
    """With the first server alone, in the slot blue. Afterwards both serve again."""
    replicas = dict(zip(("blue", "green"), site.replicas, strict=True))
    proxy = Proxy(site.proxy.settings, site.proxy.config, site.proxy.command)
    slots = {name: Slot(replica.address, replica.address) for name, replica in replicas.items()}
    with tempfile.TemporaryDirectory(prefix="chat-release-") as folder:
        states.write(Path(folder), states.State("blue", {"blue": "old"}))
        proxy.shift({replicas["blue"].address: 100})
        replicas["green"].stop()
        runner = Slots(replicas)
        yield Releases(Host(Path(folder), slots, runner, proxy))
        for name, replica in replicas.items():
            if not runner.alive(name):
                replica.start()
            replica.wait()
        proxy.shift({replica.address: 50 for replica in replicas.values()})


def blue_green(site: Site) -> Recovered:
    """Green starts, gets everything, is watched; blue drains and ends."""
    with releases(site) as release:
        release.deploy("new", watch=WATCH_SECONDS)
    return site.ready


def canary(site: Site) -> Recovered:
    """It gets a part of the requests, and is killed while it answers them. Raises RuntimeError when it was released."""
    with releases(site) as release, ThreadPoolExecutor(1) as pool:
        work = pool.submit(release.canary, "bad", weight=CANARY_WEIGHT, watch=60.0)
        while not work.done() and step(release) != "canary":
            time.sleep(LOOK_SECONDS)
        time.sleep(CANARY_SECONDS)
        site.replicas[1].kill()
        if not isinstance(work.exception(), ReleaseError):
            raise RuntimeError(f"a canary that died was not taken back: {work.exception()}")
    return site.ready


def step(release: Releases) -> str:
    """Where it is."""
    underway = release.status().underway
    return underway.step if underway else ""


FAULTS = (Fault("blue_green", "release", blue_green), Fault("canary_rollback", "release", canary))
