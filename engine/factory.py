"""The engine that the settings name."""

from engine.base import Engine
from engine.config import EngineConfig


def build_engine(config: EngineConfig, hang_seconds: float = 10.0) -> Engine:
    """Nothing is loaded yet; `start` does that. `hang_seconds` without a step are a hang (vLLM only)."""
    if config.kind == "openai":
        from engine.remote_engine import RemoteEngine

        return RemoteEngine(config)
    from engine.vllm_engine import VllmEngine

    return VllmEngine(config, hang_seconds)
