"""What the engines do at this moment, for administrators."""

import asyncio
import time
from collections import deque

from prometheus_client import REGISTRY
from pydantic import BaseModel

from app.auth.access import require
from app.auth.current import CurrentUser
from app.generations.backends import Backend, Backends
from app.generations.engine_control import EngineControl, Queue
from app.observability.activity import Activity
from engine import gpu

SAMPLE_SECONDS = 2.0
SAMPLES = 15
KV_CACHE = "vllm:kv_cache_usage_perc"
HITS, QUERIES = "vllm:prefix_cache_hits_total", "vllm:prefix_cache_queries_total"
WRITTEN, READ = "vllm:generation_tokens_total", "vllm:prompt_tokens_total"
PREEMPTIONS = "vllm:num_preemptions_total"


class ModelState(BaseModel):
    """One model. `running` and `waiting` are generations; those that wait get a place in the engine while `queue` is
    `open`."""

    name: str
    model: str
    remote: bool
    stage: str
    detail: str
    queue: Queue
    running: int
    waiting: int
    restarts: int


class GpuState(BaseModel):
    """Utilization in percent, memory in bytes, power in watts, temperature in °C."""

    index: int
    utilization: int | None
    memory_used: int
    memory_total: int
    power: float | None
    temperature: int | None


class EngineState(BaseModel):
    """Shares are 0 to 1, speeds are tokens per second over the last half minute; null is what no engine here tells."""

    models: list[ModelState]
    gpus: list[GpuState]
    active_users: int
    kv_cache_usage: float | None
    prefix_cache_hits: float | None
    written_per_second: float | None
    read_per_second: float | None
    preemptions: int | None


class EngineStates:
    """vLLM tells sums; speeds are made of two of them."""

    def __init__(self, backends: Backends, control: EngineControl, activity: Activity) -> None:
        self._backends, self._control = backends, control
        self._activity = activity
        self._samples: deque[tuple[float, dict[str, float]]] = deque(maxlen=SAMPLES)

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            self._samples.append((time.monotonic(), _vllm()))
            await asyncio.sleep(SAMPLE_SECONDS)

    async def state(self, user: CurrentUser) -> EngineState:
        """Now. Raises Forbidden."""
        require(user, "admin")
        figures = _vllm()
        queries = figures.get(QUERIES)
        preemptions = figures.get(PREEMPTIONS)
        return EngineState(
            models=[self.model(backend) for backend in self._backends.all()],
            gpus=[GpuState(**_fields(reading)) for reading in await asyncio.to_thread(gpu.readings)],
            active_users=self._activity.active(),
            kv_cache_usage=figures.get(KV_CACHE),
            prefix_cache_hits=figures.get(HITS, 0) / queries if queries else None,
            written_per_second=self._speed(WRITTEN, figures),
            read_per_second=self._speed(READ, figures),
            preemptions=None if preemptions is None else round(preemptions),
        )

    def model(self, backend: Backend) -> ModelState:
        """One model now."""
        return ModelState(
            name=backend.name,
            model=backend.supervisor.model_name,
            remote=bool(backend.remote),
            stage=backend.supervisor.status.stage.value,
            detail=backend.supervisor.status.detail,
            queue=self._control.queue(backend),
            running=backend.admission.running,
            waiting=backend.admission.waiting,
            restarts=backend.supervisor.restarts,
        )

    def _speed(self, name: str, figures: dict[str, float]) -> float | None:
        if name not in figures:
            return None
        then, before = self._samples[0] if self._samples else (time.monotonic(), figures)
        seconds = time.monotonic() - then
        # A new engine begins at zero.
        return max(0.0, figures[name] - before.get(name, 0.0)) / seconds if seconds > 0 else 0.0


def _vllm() -> dict[str, float]:
    """vLLM's figures by name, over all of its engines; empty without one."""
    sums: dict[str, float] = {}
    names = [KV_CACHE, HITS, QUERIES, WRITTEN, READ, PREEMPTIONS]
    for metric in REGISTRY.restricted_registry(names).collect():
        for sample in metric.samples:
            if sample.name in names:
                sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    return sums


def _fields(reading: gpu.GpuReading) -> dict[str, float | None]:
    return {name: getattr(reading, name) for name in GpuState.model_fields}
