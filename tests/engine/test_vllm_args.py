"""The original settings reach vLLM; what a platform refuses is changed and named."""

import pytest

from engine.choose import choose_model
from engine.config import EngineConfig
from engine.errors import EngineConfigError
from engine.hardware import Gpu
from engine.vllm_args import engine_args, tensor_parallel_default

MODEL = {"num_attention_heads": 32, "max_position_embeddings": 40960}
RTX_3090 = Gpu("NVIDIA GeForce RTX 3090", 24 << 30)
ORIGINAL = EngineConfig(
    tensor_parallel_size=2, dtype="float16", block_size=16, pipeline_parallel_size=1, gpu_memory_utilization=0.55
)


def test_the_original_settings_on_two_gpus() -> None:
    args, notes = engine_args(ORIGINAL, "/m", MODEL, gpu_count=2, cores=16)
    assert notes == []
    assert args["tensor_parallel_size"] == 2
    assert args["pipeline_parallel_size"] == 1
    assert args["gpu_memory_utilization"] == 0.55
    assert args["max_model_len"] == 8192
    assert args["dtype"] == "float16"
    assert args["max_num_seqs"] == 128
    assert args["block_size"] == 16
    assert args["trust_remote_code"] is False


def test_each_deviation_on_a_cpu_is_named() -> None:
    config = ORIGINAL.model_copy(update={"pipeline_parallel_size": 2})
    args, notes = engine_args(config, "/m", MODEL | {"max_position_embeddings": 2048}, gpu_count=0, cores=2)
    assert args["block_size"] == 32
    assert args["pipeline_parallel_size"] == 1
    assert args["max_model_len"] == 2048
    assert args["tensor_parallel_size"] == 2
    assert "gpu_memory_utilization" not in args
    for word in ("block-size", "pipeline-parallel-size", "max-model-len", "gpu-memory-utilization", "float16"):
        assert any(word in note for note in notes), word


@pytest.mark.parametrize(
    ("gpus", "heads", "size"), [(0, 32, 1), (1, 32, 1), (2, 32, 2), (3, 32, 2), (8, 12, 4), (2, 9, 1)]
)
def test_tensor_parallel_default(gpus: int, heads: int, size: int) -> None:
    assert tensor_parallel_default(gpus, heads) == size


def test_too_much_parallelism_is_refused_in_words() -> None:
    with pytest.raises(EngineConfigError, match="needs 4 GPUs, this machine has 2"):
        engine_args(EngineConfig(tensor_parallel_size=4), "/m", MODEL, gpu_count=2, cores=8)
    with pytest.raises(EngineConfigError, match="needs as many cores"):
        engine_args(EngineConfig(tensor_parallel_size=4), "/m", MODEL, gpu_count=0, cores=2)


@pytest.mark.vllm
def test_models_that_could_see_or_hear_are_text_only() -> None:
    from vllm import AsyncEngineArgs
    from vllm.config import MultiModalConfig

    args, _ = engine_args(EngineConfig(), "/m", MODEL, gpu_count=1, cores=8)
    known = AsyncEngineArgs(**args)
    media = MultiModalConfig(language_model_only=known.language_model_only, limit_per_prompt=known.limit_mm_per_prompt)
    assert [media.get_limit_per_prompt(kind) for kind in ("image", "video", "audio", "new")] == [0, 0, 0, 0]
    assert not media.enable_mm_embeds


def test_ray_is_passed_through_and_counts_more_than_this_machine() -> None:
    config = EngineConfig(
        tensor_parallel_size=8, pipeline_parallel_size=2, extra_args={"distributed_executor_backend": "ray"}
    )
    args, _ = engine_args(config, "/m", MODEL, gpu_count=8, cores=8)
    assert args["distributed_executor_backend"] == "ray"
    assert (args["tensor_parallel_size"], args["pipeline_parallel_size"]) == (8, 2)


def test_extra_args_win() -> None:
    args, _ = engine_args(EngineConfig(extra_args={"seed": 7, "max_num_seqs": 3}), "/m", MODEL, gpu_count=1, cores=8)
    assert (args["seed"], args["max_num_seqs"]) == (7, 3)


def test_auto_takes_what_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.choose.in_cache", lambda model: False)
    monkeypatch.setattr("engine.choose.hub_answers", lambda: True)
    assert choose_model("auto", [RTX_3090, RTX_3090], 0.55).name == "Qwen/Qwen3-8B"
    assert choose_model("auto", [RTX_3090], 0.55).name == "Qwen/Qwen3-8B-AWQ"
    assert choose_model("auto", [], 0.55).name == "Qwen/Qwen3-0.6B"
    monkeypatch.setattr("engine.choose.hub_answers", lambda: False)
    offline = choose_model("auto", [], 0.55)
    assert offline.is_demo
    assert "demo" in offline.reason


def test_a_missing_directory_is_named() -> None:
    with pytest.raises(EngineConfigError, match="/no/such/model"):
        choose_model("/no/such/model", [], 0.55)


def test_without_bfloat16_the_processor_computes_in_float32() -> None:
    args, notes = engine_args(EngineConfig(), "/m", MODEL, gpu_count=0, cores=2, bf16=False)
    assert args["dtype"] == "float32"
    assert any("float32" in note for note in notes)
    args, _ = engine_args(EngineConfig(dtype="bfloat16"), "/m", MODEL, gpu_count=0, cores=2, bf16=False)
    assert args["dtype"] == "bfloat16"
    args, _ = engine_args(EngineConfig(), "/m", MODEL, gpu_count=1, cores=2, bf16=False)
    assert args["dtype"] == "auto"
