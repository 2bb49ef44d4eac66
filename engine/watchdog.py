"""Tells a hung engine from a slow one and from an idle one."""

import multiprocessing
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

# Time that nobody watched, because our own loop stood still, is no proof against the engine.
MAX_GAP_SECONDS = 2.0
# Less of one core than this is what waiting threads use. A prefill on a CPU takes whole cores.
BUSY_SHARE = 0.05
# A step that computes all the time is believed this many times longer.
PATIENCE = 6
CANARY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What the system says of one engine process; `cpu_seconds` since its start, over all cores."""

    cpu_seconds: float
    stopped: bool


class Watchdog:
    """Counts seconds without a sign of life. All times in seconds; knows no process and no clock.

    `hung` stays True once `look` has given a reason.
    """

    def __init__(self, hang_seconds: float) -> None:
        self.hung = False
        self._limit = hang_seconds
        self._looked: float | None = None
        self._cpu: dict[int, float] = {}
        self._had_steps = self._was_running = False
        self._quiet = self._asleep = self._idle = 0.0
        self._stopped: dict[int, float] = {}

    @property
    def canary_due(self) -> bool:
        """Idle for so long that only a generation can tell whether the engine still works."""
        return self._idle >= CANARY_SECONDS

    def stepped(self) -> None:
        """The engine has finished a step."""
        self._had_steps = True

    def look(self, now: float, running: int, readings: Mapping[int, Reading]) -> str | None:
        """The reason why the engine hangs, None while it does not. Call it about once a second.

        `running`: requests inside the engine; `readings` by process id.
        """
        elapsed = 0.0 if self._looked is None else min(now - self._looked, MAX_GAP_SECONDS)
        self._looked = now
        cpu = {pid: reading.cpu_seconds for pid, reading in readings.items()}
        # Each by itself: many waiting workers together use as much as one that computes a little.
        busy = any(seconds - self._cpu.get(pid, 0.0) > BUSY_SHARE * elapsed for pid, seconds in cpu.items())
        self._cpu = cpu
        self._stopped = {
            pid: self._stopped[pid] + elapsed if pid in self._stopped else 0.0
            for pid, reading in readings.items()
            if reading.stopped
        }
        alive = self._had_steps or not (running and self._was_running)
        self._idle = 0.0 if self._had_steps or running else self._idle + elapsed
        self._quiet = 0.0 if alive else self._quiet + elapsed
        self._asleep = 0.0 if alive or busy else self._asleep + elapsed
        self._had_steps, self._was_running = False, running > 0
        reason = self._verdict()
        self.hung = self.hung or reason is not None
        return reason

    def _verdict(self) -> str | None:
        longest = max(self._stopped.values(), default=0.0)
        if longest >= self._limit:
            return f"stopped for {longest:.0f} s"
        if self._asleep >= self._limit or self._quiet >= PATIENCE * self._limit:
            return f"no step for {self._quiet:.0f} s"
        return None


class EngineProcesses:
    """EngineCore and its workers, found once after the start."""

    def __init__(self) -> None:
        self._processes: list[psutil.Process] = []

    def find(self) -> None:
        """Look for them again. vLLM names its processes EngineCore, with a number behind it when there are several."""
        cores = [child for child in multiprocessing.active_children() if child.name.startswith("EngineCore")]
        self._processes = []
        for core in cores:
            process = psutil.Process(core.pid)
            self._processes += [process, *process.children(recursive=True)]

    def read(self) -> dict[int, Reading]:
        """Those that live, by process id; that one has died is vLLM's to notice."""
        readings = {}
        for process in self._processes:
            try:
                with process.oneshot():
                    times, status = process.cpu_times(), process.status()
            except psutil.NoSuchProcess:
                continue
            readings[process.pid] = Reading(times.user + times.system, status == psutil.STATUS_STOPPED)
        return readings

    def kill(self) -> None:
        """SIGKILL to those that live: a stopped process obeys no other signal."""
        for process in self._processes:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
