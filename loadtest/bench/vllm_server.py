"""vLLM's own server as a process, with the demo model: what ours is compared with."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import httpx

from loadtest.bench.machine import gpus
from loadtest.local_server import ROOT, free_port, stopping, wait_for

# `vllm serve` does not start from the CPU wheel; this is the server behind it, now and in earlier releases.
MODULES = ("vllm.entrypoints.launchers.api_server.entry", "vllm.entrypoints.openai.api_server")
MODEL = ROOT / "engine" / "demo" / "checkpoint"
NAME = "vllm-chat-demo"  # as ours is called, so that both are asked alike
ARGUMENTS = ["--served-model-name", NAME, "--max-model-len", "8192", "--max-num-seqs", "128"]
# What our engine gets on a CPU. vLLM's defaults take about twice as long to start: this is its better side.
CPU = {
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "TORCHDYNAMO_DISABLE": "1",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "OMP_NUM_THREADS": str(max(1, len(os.sched_getaffinity(0)) - 1)),
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_HOST_IP": "127.0.0.1",
}
# Ours computes in float32 where the processor has no bfloat16. This server would take bfloat16, and half the speed.
FLOAT32 = [] if "avx512f" in Path("/proc/cpuinfo").read_text().split() else ["--dtype", "float32"]


@dataclass(frozen=True)
class VllmServer:
    """A process that has been started, ready or not."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait(self, seconds: float = 600) -> None:
        """Until it is ready."""
        wait_for(self.process, f"{self.url}/health", self.log, seconds)

    def kill(self) -> None:
        """SIGKILL to the server and all that it started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def first_token(self) -> float:
        """Ask; the moment at which the first text arrives, on `time.perf_counter`."""
        body = {"model": NAME, "stream": True, "max_tokens": 64, "ignore_eos": True}
        body["messages"] = [{"role": "user", "content": "안녕하세요"}]
        with httpx.stream(
            "POST", f"{self.url}/v1/chat/completions", json=body, timeout=60, trust_env=False
        ) as response:
            for line in response.iter_lines():
                if line.startswith("data: {") and json.loads(line[6:])["choices"][0]["delta"].get("content"):
                    return time.perf_counter()
        raise RuntimeError("vLLM's server answered without a text")


def _module() -> str:
    """Found without importing vLLM, which would stay in the memory of the process that measures."""
    package = find_spec("vllm")
    folders = (package and package.submodule_search_locations) or []
    for module in MODULES:
        if any(Path(folder).parent.joinpath(*module.split(".")).with_suffix(".py").exists() for folder in folders):
            return module
    raise RuntimeError(f"vLLM's own server is not installed here: {' or '.join(MODULES)}")


@contextlib.contextmanager
def vllm_server(model: Path = MODEL, more: Sequence[str] = ()) -> Iterator[VllmServer]:
    """Start it, with `more` arguments; call `wait`."""
    port, gpu = free_port(), bool(gpus())
    command = [sys.executable, "-m", _module(), "--model", str(model), *ARGUMENTS, *more, "--host", "127.0.0.1"]
    if not gpu:
        command += ["--enforce-eager", *FLOAT32]
    with tempfile.TemporaryDirectory(prefix="chat-vllm-") as folder:
        log = Path(folder, "log")
        with open(log, "wb") as output:
            process = subprocess.Popen(
                [*command, "--port", str(port)],
                cwd=folder,
                env={**os.environ, **({} if gpu else CPU)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        with stopping(process):
            yield VllmServer(f"http://127.0.0.1:{port}", process, log)
