"""Versions as containers: a version is an image, a slot a service of docker/compose.release.yml."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from docker.release.errors import ReleaseError

LOG_LINES = 20


@dataclass(slots=True)
class Containers:
    """`services` by slot. `compose` is the command with its files, run in `folder`. `pull`: from a registry.

    The image of a slot is handed over as its name in capitals with `_IMAGE` behind it: BLUE_IMAGE.
    """

    folder: Path
    services: Mapping[str, str]
    compose: Sequence[str] = ("docker", "compose", "--env-file", ".env", "-f", "docker/compose.release.yml")
    pull: bool = False
    _images: dict[str, str] = field(default_factory=dict)

    def migrate(self, slot: str, version: str) -> None:
        """In a container of the new image, which ends with it."""
        self._images[slot] = version
        if self.pull:
            self._run("pull", self.services[slot])
        self._run("run", "--rm", "--no-deps", "-T", self.services[slot], "migrate")

    def start(self, slot: str, version: str) -> None:
        """Only this service; what it needs runs."""
        self._images[slot] = version
        self._run("up", "--detach", "--no-deps", "--no-build", self.services[slot])

    def alive(self, slot: str) -> bool:
        """Whether its container runs."""
        return bool(self._run("ps", "--status", "running", "--quiet", self.services[slot]).strip())

    def stop(self, slot: str) -> None:
        """Within the stop_grace_period of the service; the container stays, stopped, for its log."""
        self._run("stop", self.services[slot])

    def log(self, slot: str) -> str:
        """The end of its output."""
        return self._run("logs", "--no-color", "--no-log-prefix", f"--tail={LOG_LINES}", self.services[slot])

    def _run(self, *arguments: str) -> str:
        images = {f"{slot.upper()}_IMAGE": image for slot, image in self._images.items()}
        command = [*self.compose, *arguments]
        try:
            done = subprocess.run(
                command, cwd=self.folder, env={**os.environ, **images}, capture_output=True, text=True, check=False
            )
        except OSError as error:
            raise ReleaseError(f"{command[0]} cannot be run: {error.strerror}") from error
        if done.returncode != 0:
            raise ReleaseError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()[-1000:]}")
        return done.stdout
