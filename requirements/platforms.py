"""Which of the three builds fits this machine, and what it costs to download."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REMOTE = "CHAT_ENGINE__KIND=openai and CHAT_ENGINE__BASE_URL=<address of an OpenAI-compatible server>"


@dataclass(frozen=True)
class Build:
    """A lock file and the room it takes: `download_gb` over the network, `disk_gb` in `.venv`."""

    name: str
    title: str
    download_gb: float
    disk_gb: float

    @property
    def lock(self) -> str:
        """File name of the lock, under requirements/."""
        return f"{self.name}.lock"


BUILDS = {
    "cpu": Build("cpu", "vLLM for the processor", 0.63, 2.6),
    "gpu": Build("gpu", "vLLM for NVIDIA GPUs", 4.0, 10.0),
    "base": Build("base", "no engine of its own", 0.05, 0.3),
}


def has_gpu() -> bool:
    """True when an NVIDIA driver answers. The file is read first: nvidia-smi takes up to seconds."""
    if Path("/proc/driver/nvidia/version").exists():
        return True
    smi = shutil.which("nvidia-smi")
    return smi is not None and subprocess.run([smi, "-L"], check=False, capture_output=True).returncode == 0


def no_build_reason(system: str, machine: str, libc: tuple[str, str], cpu_flags: str | None) -> str | None:
    """Why vLLM has no build for this machine; None when it has one. `cpu_flags` None means unknown."""
    if system != "Linux" or machine not in ("x86_64", "aarch64"):
        return f"vLLM has no build for {system} on {machine}"
    name, version = libc
    parts = [int(part) for part in version.split(".")[:2] if part.isdigit()]
    if name != "glibc" or parts < [2, 28]:
        return "vLLM has a build only for Linux with glibc 2.28 or newer"
    if machine == "x86_64" and cpu_flags is not None and "avx2" not in cpu_flags.split():
        return "vLLM needs a processor with AVX2"
    return None


def _cpu_flags() -> str | None:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return None
    lines = (line for line in info.read_text().splitlines() if line.startswith("flags"))
    return next(lines, None)


def _libc() -> tuple[str, str]:
    """("glibc", "2.36"), or ("", "") where the C library is another one."""
    names = getattr(os, "confstr_names", {})
    text = os.confstr("CS_GNU_LIBC_VERSION") if "CS_GNU_LIBC_VERSION" in names else None
    name, _, version = (text or "").partition(" ")
    return name, version


def choose(override: str | None = None) -> tuple[Build, str]:
    """The build for this machine and one line that says why."""
    if override is not None:
        return BUILDS[override], f"build {override}, as asked"
    reason = no_build_reason(platform.system(), platform.machine(), _libc(), _cpu_flags())
    if reason is not None:
        return BUILDS["base"], f"{reason}: the chat needs a remote engine here. Set {REMOTE}"
    if has_gpu():
        return BUILDS["gpu"], "an NVIDIA GPU is here: build gpu"
    return BUILDS["cpu"], "no NVIDIA GPU here: build cpu"


def newer_python() -> str | None:
    """Path of an installed Python 3.11-3.14, for when the one we run on is outside that range."""
    names = ("python3.11", "python3.12", "python3.13", "python3.14")
    return next((path for name in names if (path := shutil.which(name))), None)


def python_fits() -> bool:
    """vLLM's builds are for Python 3.11 to 3.14."""
    return (3, 11) <= sys.version_info[:2] <= (3, 14)
