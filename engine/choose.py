"""Which model `CHAT_ENGINE__MODEL` means: a path, a hub id (`org/name` or `org/name@revision`), `demo`, or `auto`."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from engine.errors import EngineConfigError
from engine.hardware import Gpu

DEMO_PATH = Path(__file__).parent / "demo" / "checkpoint"
DEMO_NAME = "vllm-chat-demo"
HUB = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
HUB_TIMEOUT = 2.0
CPU_MODEL = "Qwen/Qwen3-0.6B"
# (hub id, bytes of weights), best first: 8B in 16 bit, the same in 4 bit, then smaller ones.
GPU_MODELS = (
    ("Qwen/Qwen3-8B", 16_400_000_000),
    ("Qwen/Qwen3-8B-AWQ", 6_100_000_000),
    ("Qwen/Qwen3-4B-Instruct-2507", 8_100_000_000),
    ("Qwen/Qwen3-1.7B", 3_500_000_000),
)
# Room beside the weights for activations and a useful KV cache, per model.
KV_ROOM = 3_000_000_000


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """`source` is a directory or a hub id; `reason` says in one line why it was taken."""

    source: str
    name: str
    reason: str
    is_demo: bool = False


def hub_answers() -> bool:
    """Whether the model hub answers within two seconds."""
    if os.environ.get("HF_HUB_OFFLINE", "0") not in ("", "0"):
        return False
    try:
        httpx.head(HUB, timeout=HUB_TIMEOUT)
    except httpx.HTTPError:
        return False
    return True


def in_cache(model: str) -> bool:
    """Whether the hub's local cache holds a complete copy of `model`."""
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(model, "config.json"), str)


def demo(reason: str) -> ModelChoice:
    """The bundled demo model. Raises EngineConfigError when the checkpoint is missing."""
    if not (DEMO_PATH / "config.json").is_file():
        raise EngineConfigError(f"the demo model is missing from {DEMO_PATH}: run `make demo-model`")
    return ModelChoice(str(DEMO_PATH), DEMO_NAME, reason, is_demo=True)


def choose_model(model: str, cards: Sequence[Gpu], gpu_memory_utilization: float) -> ModelChoice:
    """Resolve the setting. May ask the hub (at most two seconds)."""
    if model == "demo":
        return demo("CHAT_ENGINE__MODEL=demo")
    if model != "auto":
        path = Path(model).expanduser()
        if path.is_dir():
            return ModelChoice(str(path), path.resolve().name, "CHAT_ENGINE__MODEL")
        if model.startswith(("/", "./", "~")):
            raise EngineConfigError(f"CHAT_ENGINE__MODEL: there is no directory {model}")
        return ModelChoice(model, model.partition("@")[0], "CHAT_ENGINE__MODEL")
    wanted = _best_for(cards, gpu_memory_utilization) if cards else CPU_MODEL
    if wanted is None:
        return demo("no model of our list fits the memory of the GPU")
    where = f"auto: fits {len(cards)} GPU(s)" if cards else "auto: no GPU, a small instruct model"
    if in_cache(wanted) or hub_answers():
        return ModelChoice(wanted, wanted, where)
    return demo("auto: the model hub does not answer, so the bundled demo model serves")


def _best_for(cards: Sequence[Gpu], share: float) -> str | None:
    room = share * min(card.memory for card in cards) * (1 << (len(cards).bit_length() - 1))
    return next((name for name, weights in GPU_MODELS if weights + KV_ROOM <= room), None)


def read_config(directory: str) -> dict[str, Any]:
    """The model's `config.json`. Raises EngineConfigError when it is missing or broken."""
    path = Path(directory) / "config.json"
    try:
        config: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise EngineConfigError(f"{path} cannot be read, so this is no model directory: {error}") from error
    return config
