"""What vLLM is to load: the model, its directory, and the arguments."""

import asyncio
import os
from dataclasses import dataclass
from typing import Any

import structlog

from engine import core_process
from engine.base import EngineStatus, Report, Stage
from engine.choose import ModelChoice, choose_model, read_config
from engine.config import EngineConfig
from engine.download import fetch
from engine.errors import EngineConfigError
from engine.hardware import computes_bf16, gpus, vllm_build
from engine.vllm_args import engine_args

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """`args` of the engine and of its API layer together; `notes` are the deviations from the settings, in words.
    `forked`: a fork server has been started for EngineCore."""

    choice: ModelChoice
    args: dict[str, Any]
    notes: tuple[str, ...]
    forked: bool
    model_type: str


async def make_plan(config: EngineConfig, report: Report) -> Plan:
    """Choose and download. Raises EngineConfigError, and EngineUnavailable when the model cannot be had now."""
    report(EngineStatus(Stage.STARTING))
    build = vllm_build()
    if build is None:
        raise EngineConfigError(
            "vLLM is not installed here; name a remote engine: CHAT_ENGINE__KIND=openai and CHAT_ENGINE__BASE_URL"
        )
    cards = gpus() if build[0] == "gpu" else ()
    core_process.prepare_environment(gpu=bool(cards), tensor_parallel_size=config.tensor_parallel_size or 1)
    # Not with workers of their own on several GPUs, where it has not been tried.
    forked = not cards or (config.tensor_parallel_size or len(cards)) * config.pipeline_parallel_size == 1
    if forked:
        core_process.start_fork_server(gpu=bool(cards))
    choice = await asyncio.to_thread(choose_model, config.model, cards, config.gpu_memory_utilization)
    log.info("model chosen", model=choice.name, reason=choice.reason, build=build[0], vllm=build[1])
    directory = await asyncio.to_thread(fetch, choice.source, report)
    report(EngineStatus(Stage.LOADING, choice.name))
    model_config = read_config(directory)
    args, notes = engine_args(
        config, directory, model_config, gpu_count=len(cards), cores=len(os.sched_getaffinity(0)), bf16=computes_bf16()
    )
    for note in notes:
        log.warning("engine setting changed", note=note)
    args["served_model_name"] = [choice.name]
    return Plan(choice, args, tuple(notes), forked, str(model_config.get("model_type", "")))
