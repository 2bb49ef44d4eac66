"""The engine that the settings name."""

from engine.base import Engine
from engine.config import EngineConfig


def build_engine(config: EngineConfig) -> Engine:
    """Nothing is loaded yet; `start` does that."""
    if config.kind == "openai":
        from engine.remote_engine import RemoteEngine

        return RemoteEngine(config)
    from engine.vllm_engine import VllmEngine

    return VllmEngine(config)
