"""Real servers with the scripted engine in two slots behind a real nginx."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from docker.release import Patience, Processes, Proxy, Releases, Site, Slot
from tests.rig.fixtures import RAISED_LIMITS
from tests.rig.nginx import Nginx, nginx
from tests.rig.ports import LOOPBACK, free_port
from tests.rig.server import ROOT

SERVE = f"""#!/bin/sh
exec env {{variables}} {sys.executable} -m tests.scripted_server
"""


@dataclass
class Live:
    """The proxy, the site and what is done with it."""

    proxy: Nginx
    site: Site
    releases: Releases
    folder: Path
    said: list[str]

    def version(self, name: str, **variables: str) -> str:
        """A directory with a version of the service; `variables` are those of tests/scripted_server.py."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        text = SERVE.format(variables=" ".join(f"{key}={value}" for key, value in variables.items()))
        (folder / "serve").write_text(text)
        (folder / "serve").chmod(0o755)
        return str(folder)

    def url(self, slot: str) -> str:
        """Past the proxy."""
        return f"http://{self.site.slots[slot].probe}"


@contextmanager
def live(folder: Path, settings: Mapping[str, str], patience: Patience) -> Iterator[Live]:
    """Nothing is released in it yet. The slots are stopped at the end."""
    ports = {"blue": free_port(), "green": free_port()}
    slots = {name: Slot(f"{LOOPBACK}:{port}", f"{LOOPBACK}:{port}") for name, port in ports.items()}
    said: list[str] = []
    with nginx([slots["blue"].upstream]) as proxy:
        variables = {
            **RAISED_LIMITS,
            "CHAT_DATA_DIR": str(folder / "data"),
            "CHAT_PUBLIC_URL": proxy.url,
            "CHAT_TRUSTED_PROXIES": f'["{LOOPBACK}"]',
            "PYTHONPATH": str(ROOT),
            **settings,
        }
        state = folder / "state"
        # These servers migrate when they start.
        runner = Processes(state, ports, command=("serve",), migration=(), environment=variables)
        site = Site(state, slots, runner, Proxy(proxy.settings, proxy.config, proxy.command), patience, said.append)
        try:
            yield Live(proxy, site, Releases(site), folder, said)
        finally:
            for slot in slots:
                runner.stop(slot)
