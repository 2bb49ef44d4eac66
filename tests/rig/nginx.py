"""nginx with our own template in front of a server, on loopback, with a self-signed certificate."""

import contextlib
import os
import shutil
import signal
import ssl
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nginx.render import render
from tests.rig.certificates import write_certificate
from tests.rig.ports import LOOPBACK, answers, free_port
from tests.rig.processes import Process, RigError, running

HOST = "localhost"


@dataclass
class Nginx:
    """A running proxy. Ask for `url`; trust `tls`."""

    http_port: int
    https_port: int
    tls: ssl.SSLContext
    folder: Path
    # What it was rendered with, but the upstreams.
    settings: dict[str, Any]
    # To be called with further arguments, as `-s reload -c FILE`.
    command: list[str]
    _running: contextlib.ExitStack

    @property
    def config(self) -> Path:
        """The file that it reads."""
        return self.folder / "nginx.conf"

    @property
    def access_log(self) -> Path:
        """A line of ours for each request."""
        return self.folder / "access.log"

    @property
    def url(self) -> str:
        """The public address."""
        return f"https://{HOST}:{self.https_port}"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        command = [*self.command, "-c", str(self.config), "-g", "daemon off;"]
        self.process: Process = self._running.enter_context(running(command, self.folder / "log"))
        self.process.wait_until(lambda: answers(self.http_port) and answers(self.https_port), seconds=15)

    def restart(self) -> None:
        """As `systemctl restart nginx`: SIGTERM cuts what is open."""
        self.process.stop()
        self.start()

    def reload(self) -> None:
        """As `systemctl reload nginx`: new workers read the files again, the old ones finish what they have."""
        self.process.popen.send_signal(signal.SIGHUP)


def find_nginx() -> str | None:
    """Path of the binary; Debian keeps it in /usr/sbin, which only root has on its PATH."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextlib.contextmanager
def nginx(upstreams: Sequence[str], **settings: Any) -> Iterator[Nginx]:
    """Start it in front of `upstreams` (host:port each), with further `settings` of `render`. A bad file is a RigError
    in nginx's words."""
    binary = find_nginx()
    if binary is None:
        raise RigError("nginx is not installed (Debian package nginx-light)")
    with tempfile.TemporaryDirectory(prefix="chat-nginx-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # root's nginx gives its workers another user, and they write here
        cert, key = write_certificate(folder)
        http_port, https_port = free_port(), free_port()
        config = folder / "nginx.conf"
        settings = {
            "server_name": HOST,
            "cert": str(cert),
            "key": str(key),
            "http_port": http_port,
            "https_port": https_port,
            "address": LOOPBACK,
            "run_dir": name,
            "access_log": str(folder / "access.log"),
            "error_log": str(folder / "error.log"),
            "acme_root": name,
            **settings,
        }
        config.write_text(render(upstreams=upstreams, **settings))
        command = [binary, "-e", str(folder / "error.log")]
        tested = subprocess.run([*command, "-c", str(config), "-t"], capture_output=True, text=True, check=False)
        if tested.returncode != 0:
            raise RigError(f"nginx -t: {tested.stderr}")
        with contextlib.ExitStack() as stack:
            tls = ssl.create_default_context(cafile=str(cert))
            proxy = Nginx(http_port, https_port, tls, folder, settings, command, stack)
            proxy.start()
            yield proxy
