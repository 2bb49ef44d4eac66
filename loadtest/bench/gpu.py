"""On a GPU: a model shaped as Llama 3.1 8B, its weights made up, through each door of the service, through vLLM's own
server, and by the engine alone, all three on one card."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loadtest.bench.dummy_model import text, write
from loadtest.bench.machine import gpus
from loadtest.bench.row import Figures, Line, Row
from loadtest.bench.streams import Load
from loadtest.bench.throughput import Loaded, Side, details, one_pass, sides
from loadtest.bench.vllm_server import NAME
from loadtest.local_server import ServerError, started

WORDS = 340  # about 512 tokens
PLACES = 128  # of the original design
SHARE = 0.3  # of the card's memory, for each of three engines
QUEUE = {"CHAT_QUEUE__MAX_WAITING": "1000"}


@dataclass(frozen=True)
class Long(Load):
    """Questions of `words` words that no cache has seen, not even from the warm-up."""

    words: int = WORDS

    def questions(self) -> list[list[str]]:
        """One list per client."""
        return [[text(self.words) for _ in range(self.rounds)] for _ in range(self.clients)]


LOADS = (Long(1, 1, 256), Long(10, 2, 256), Long(64, 1, 256), Long(128, 1, 256), Long(256, 1, 256))


@contextmanager
def dummy(share: float) -> Iterator[Loaded]:
    """The model, with `share` of the card's memory, otherwise as the original design has it."""
    with tempfile.TemporaryDirectory(prefix="chat-dummy-") as folder:
        # The name of the folder is the model's; all sides are asked for the same.
        path = write(Path(folder, NAME), "8b")
        engine = {
            "model": str(path),
            "dtype": "float16",
            "gpu_memory_utilization": share,
            "extra_args": {"load_format": "dummy"},
        }
        arguments = ["--dtype", "float16", "--gpu-memory-utilization", str(share), "--load-format", "dummy"]
        yield Loaded(path, engine, arguments)


def need_gpu() -> None:
    """Raises ServerError where there is none."""
    if not gpus():
        raise ServerError("this row needs an NVIDIA GPU")


async def measure(passes: int, loads: Sequence[Load], model: Loaded) -> list[Figures]:
    """All sides stay started; the passes alternate between them."""
    with started(model.settings() | QUEUE) as own:
        async with sides(own, model=model) as compared:
            return [await _pass(compared, number, loads) for number in range(passes)]


async def _pass(compared: dict[str, Side], number: int, loads: Sequence[Load]) -> Figures:
    """Beyond the places of the engine only `/v1` is compared: the embedded database is one writer, not hundreds."""
    without = {name: side for name, side in compared.items() if name != "chat"}
    inside = [load for load in loads if load.clients <= PLACES]
    beyond = [load for load in loads if load.clients > PLACES]
    return {**await one_pass(compared, number, inside), **await one_pass(without, number, beyond)}


async def run(passes: int) -> list[Figures]:
    """Raises ServerError without a GPU."""
    need_gpu()
    with dummy(SHARE) as model:
        return await measure(passes, LOADS, model)


def lines(clients: int) -> tuple[Line, ...]:
    """The ratios with so many clients."""
    return (
        Line(
            f"ours/bare/{clients}/rate",
            f"tokens/s with {clients} clients: `/v1/chat/completions` / bare loop",
            at_least=0.97,
        ),
        Line(f"ours/vllm/{clients}/rate", "the same / vLLM's own server"),
        Line(f"ours/vllm/{clients}/p50", "TTFT p50: `/v1/chat/completions` / vLLM's own server"),
        *((Line(f"chat/bare/{clients}/rate", "tokens/s: `/api/chat` / bare loop"),) if clients <= PLACES else ()),
    )


ROW = Row(
    "gpu",
    (
        Line("ours/10/p95", "TTFT p95 with 10 clients on `/v1`", "ms", at_most=300),
        Line("chat/10/p95", "TTFT p95 with 10 clients on `/api/chat`", "ms", at_most=300),
        *(line for load in LOADS[1:] for line in lines(load.clients)),
    ),
    run,
    details,
    gpu=True,
)
