"""nginx, whose configuration is rendered anew for each change of the slots that serve, and tested before it is read."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docker.release.errors import ReleaseError
from nginx.render import render


@dataclass(frozen=True, slots=True)
class Proxy:
    """`settings` are those of `nginx.render.render` but its upstreams; `output` is the file that nginx reads.

    `command` calls nginx, in a container: `docker compose … run --rm nginx nginx`; there it sees the folder of `output`
    as `seen_as`. `reload` is for a system that has its own way, as `systemctl reload-or-restart nginx`.
    """

    settings: Mapping[str, Any]
    output: Path
    command: Sequence[str] = ("nginx",)
    reload: Sequence[str] = ()
    seen_as: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def shift(self, weights: Mapping[str, int]) -> None:
        """Send new requests to these upstreams (host:port), by weight. Open streams and pages stay where they are.

        Raises ReleaseError; nginx then goes on as before.
        """
        upstreams = [f"{upstream} weight={weight}" for upstream, weight in weights.items()]
        text = render(upstreams=upstreams, **self.settings)
        before = self.output.read_text() if self.output.exists() else None
        if text != before:
            self._replace(text)
        try:
            reload = self.reload or [*self.command, "-s", "reload", "-c", self._seen(self.output)]
            self._run(reload, "nginx could not be told to read its configuration")
        except ReleaseError:
            if before is not None:
                self.output.write_text(before)
            raise

    def _replace(self, text: str) -> None:
        candidate = self.output.with_name(f"{self.output.name}.next")
        candidate.write_text(text)
        try:
            self._run([*self.command, "-t", "-q", "-c", self._seen(candidate)], "nginx refuses the configuration")
        except ReleaseError:
            candidate.unlink()
            raise
        os.replace(candidate, self.output)

    def _seen(self, path: Path) -> str:
        return str(path if self.seen_as is None else self.seen_as / path.name)

    def _run(self, command: Sequence[str], problem: str) -> None:
        try:
            done = subprocess.run(
                command, env={**os.environ, **self.environment}, capture_output=True, text=True, check=False
            )
        except OSError as error:
            raise ReleaseError(f"{problem}: {command[0]}: {error.strerror}") from error
        if done.returncode != 0:
            raise ReleaseError(f"{problem}: {(done.stderr or done.stdout).strip()[-1000:]}")
