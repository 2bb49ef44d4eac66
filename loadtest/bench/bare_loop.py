"""The engine alone as a process, driven by lines: what a server in front of it can at best reach."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtest.bench.streams import Load, Outcome
from loadtest.local_server import ServerError, python_path, stopping

SECONDS = 600.0  # for one line
DEMO_ENGINE = {"model": "demo"}


@dataclass(frozen=True)
class BareLoop:
    """A process that has been started, ready or not."""

    process: subprocess.Popen[bytes]
    log: Path

    async def wait(self) -> None:
        """Until it is ready."""
        await self._line()

    async def answer(self, load: Load) -> Outcome:
        """Let it do the same work as the clients of a server."""
        assert self.process.stdin is not None
        job = {"tokens": load.tokens, "clients": load.questions()}
        self.process.stdin.write(json.dumps(job).encode() + b"\n")
        self.process.stdin.flush()
        return Outcome(**json.loads(await self._line()))

    async def _line(self) -> bytes:
        assert self.process.stdout is not None
        async with asyncio.timeout(SECONDS):
            line = await asyncio.to_thread(self.process.stdout.readline)
        if not line:
            raise ServerError(f"the bare loop has ended\n{self.log.read_text(errors='replace')[-2000:]}")
        return line


@contextlib.contextmanager
def bare_loop(engine: Mapping[str, Any] = DEMO_ENGINE) -> Iterator[BareLoop]:
    """Start it with these settings of `EngineConfig`; call `wait`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")}
    with tempfile.TemporaryDirectory(prefix="chat-bare-") as folder:
        log = Path(folder, "log")
        with open(log, "wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "engine.bare_loop", json.dumps(engine)],
                cwd=folder,
                env={**inherited, "PYTHONPATH": python_path()},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        with process, stopping(process):
            yield BareLoop(process, log)
