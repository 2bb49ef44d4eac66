"""Stand-ins for what a release works with: versions that answer probes as they are told, and an nginx that records."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

from docker.release import Patience, Proxy, ReleaseError, Site, Slot
from tests.rig.ports import LOOPBACK, free_port

# The first call is the test of a file, the second one the order to read it.
NGINX = """#!/bin/sh
echo "$*" >> {folder}/nginx.said
[ -e {folder}/refuse ] && echo "nginx: no" >&2 && exit 1
exit 0
"""


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"

    def do_GET(self) -> None:
        version = self.server.version
        if self.path == "/readyz":
            self.send_response(200 if version != "unready" else 503)
            self.end_headers()
            return
        self.server.answered += 0 if version == "quiet" else 10
        failed = self.server.answered if version == "broken" else 0
        done = self.server.answered - failed
        text = f"""chat_http_requests_total{{method="POST",route="/api/chat",status="200"}} {done}
chat_http_requests_total{{method="POST",route="/api/chat",status="500"}} {failed}
chat_http_requests_total{{method="GET",route="/readyz",status="503"}} 999
chat_requests_total{{model="demo",status="done"}} 0.0
chat_generations_running 0.0
"""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    version = ""
    answered = 0


@dataclass
class Versions:
    """A runner whose versions are names: "broken" answers 500, "quiet" is asked nothing, "unready" is never ready,
    "dead" ends at once."""

    ports: dict[str, int]
    running: dict[str, _Server] = field(default_factory=dict)
    did: list[str] = field(default_factory=list)
    # Called with each thing that it is about to do.
    before: dict[str, BaseException] = field(default_factory=dict)

    def _do(self, what: str) -> None:
        self.did.append(what)
        if what in self.before:
            raise self.before.pop(what)

    def migrate(self, slot: str, version: str) -> None:
        self._do(f"migrate {slot} {version}")
        if version == "unmigratable":
            raise ReleaseError("no")

    def start(self, slot: str, version: str) -> None:
        self._do(f"start {slot} {version}")
        if version == "dead":
            return
        server = _Server((LOOPBACK, self.ports[slot]), _Handler)
        server.version = version
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.running[slot] = server

    def alive(self, slot: str) -> bool:
        return slot in self.running

    def stop(self, slot: str) -> None:
        self._do(f"stop {slot}")
        if (server := self.running.pop(slot, None)) is not None:
            server.shutdown()
            server.server_close()

    def log(self, slot: str) -> str:
        return f"the log of {slot}"


@dataclass
class World:
    """A site of stand-ins."""

    site: Site
    versions: Versions
    folder: Path
    said: list[str]

    def serving(self) -> dict[str, int]:
        """The weights by slot, as nginx was told."""
        text = (self.folder / "nginx.conf").read_text()
        names = {slot.upstream: name for name, slot in self.site.slots.items()}
        lines = [part.split() for part in text.splitlines() if part.strip().startswith("server 127")]
        flat = [word.rstrip(";") for line in lines for word in line]
        pairs = pairwise(flat)
        return {names[a]: int(b.removeprefix("weight=")) for a, b in pairs if a in names}


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Nothing is released in it yet."""
    command = folder / "nginx"
    command.write_text(NGINX.format(folder=folder))
    command.chmod(0o755)
    ports = {"blue": free_port(), "green": free_port()}
    slots = {name: Slot(f"{LOOPBACK}:{port}", f"{LOOPBACK}:{port}") for name, port in ports.items()}
    versions, said = Versions(ports), list[str]()
    settings = {"server_name": "localhost", "cert": "cert.pem", "key": "key.pem"}
    proxy = Proxy(settings, folder / "nginx.conf", [str(command)])
    patience = Patience(ready_seconds=1, drain_seconds=0.2)
    site = Site(folder / "state", slots, versions, proxy, patience, said.append)
    try:
        yield World(site, versions, folder, said)
    finally:
        for slot in list(versions.running):
            versions.stop(slot)
