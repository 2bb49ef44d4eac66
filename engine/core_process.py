"""How vLLM's EngineCore process is started: quickly, in a session of its own, never outliving us.

vLLM installs signal handlers of its own in EngineCore. In our process group a Ctrl-C would reach it
before our drain does, so the child enters its own session first. A fork server that has imported vLLM
once makes every later start, restarts after a crash above all, a matter of two seconds.
"""

import logging
import multiprocessing
import multiprocessing.context as context
import multiprocessing.forkserver as forkserver
import os
from typing import Any, ClassVar

from engine.own_session import leave

COMMON = ["engine.fork_server", "vllm.v1.engine.async_llm", "vllm.v1.engine.core", "xgrammar"]
MODELS = ["vllm.model_executor.models.llama", "vllm.model_executor.model_loader.default_loader"]
CPU = ["vllm.v1.worker.cpu_worker", "vllm.v1.worker.cpu_model_runner", "vllm.v1.attention.backends.cpu_attn"]
GPU = [
    "vllm.v1.worker.gpu_worker",
    "vllm.v1.worker.gpu_model_runner",
    "vllm.model_executor.models.qwen3",
    "vllm.v1.attention.backends.flash_attn",
]

log = logging.getLogger(__name__)


def _enter() -> None:
    leave()
    # Warnings of vLLM's start-up are about choices that we made; our own log names them.
    logging.getLogger("vllm").setLevel(logging.ERROR)
    # A schema that makes no grammar is its sender's fault, who is told; here it would be a traceback each time.
    logging.getLogger("vllm.v1.structured_output").setLevel(logging.CRITICAL)


class _ForkServerProcess(context.ForkServerProcess):
    def run(self) -> None:
        _enter()
        super().run()


class _SpawnProcess(context.SpawnProcess):
    def run(self) -> None:
        _enter()
        super().run()


class _ForkServerContext(context.ForkServerContext):
    Process: ClassVar[Any] = _ForkServerProcess


class _SpawnContext(context.SpawnContext):
    Process: ClassVar[Any] = _SpawnProcess


def start_fork_server(*, gpu: bool) -> None:
    """Begin importing vLLM in the fork server, beside our own import. The environment is frozen from here on."""
    multiprocessing.set_forkserver_preload([*COMMON, *MODELS, *(GPU if gpu else CPU)])
    forkserver.ensure_running()


def install(*, fork_server: bool) -> None:
    """Make vLLM start EngineCore through our context. The seam is private to vLLM: without it the engine
    still works, only slower to start and inside our session."""
    try:
        import vllm.v1.engine.utils as engine_utils

        if not hasattr(engine_utils, "get_mp_context"):
            raise AttributeError("vllm.v1.engine.utils.get_mp_context")
    except (ImportError, AttributeError) as error:
        log.warning("EngineCore starts the slow way, vLLM has changed: %s", error)
        return
    chosen = _ForkServerContext() if fork_server else _SpawnContext()
    engine_utils.get_mp_context = lambda: chosen


def prepare_environment(*, gpu: bool, tensor_parallel_size: int) -> None:
    """Environment that vLLM reads at import. A value that the operator has set is kept."""
    defaults = {
        "VLLM_CONFIGURE_LOGGING": "0",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "VLLM_HOST_IP": "127.0.0.1",
        "VLLM_KEEP_ALIVE_ON_ENGINE_DEATH": "1",
        "TOKENIZERS_PARALLELISM": "false",
        # A library of vLLM's server sets the level of our root logger by it, and without it to ERROR.
        "SAGEMAKER_CONTAINER_LOG_LEVEL": "INFO",
        # Notes of torch to its own developers.
        "TORCH_CPP_LOG_LEVEL": "ERROR",
        "TORCH_LOGS": "-all",
        "PYTHONWARNINGS": "ignore::FutureWarning",
    }
    if not gpu:
        cores = len(os.sched_getaffinity(0))
        defaults |= {
            # Without it the first request with logprobs compiles for 18 s and stalls every stream.
            "TORCHDYNAMO_DISABLE": "1",
            # One core stays free for the web side; more OpenMP threads than cores cost a factor of ten.
            "OMP_NUM_THREADS": str(max(1, (cores - 1) // tensor_parallel_size)),
        }
        if tensor_parallel_size == 1:
            # The worker then lives inside EngineCore: one process and one hop less.
            defaults |= {"VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_CPU_OMP_THREADS_BIND": "nobind"}
        else:
            defaults["VLLM_CPU_OMP_THREADS_BIND"] = "|".join(str(core) for core in range(tensor_parallel_size))
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
