"""From our settings to vLLM's engine arguments; every deviation that the platform forces is named."""

from typing import Any

from engine.config import EngineConfig
from engine.errors import EngineConfigError

CPU_BLOCK = 32
CPU_KV_CACHE_BYTES = 1 << 30
# A long prompt is read in pieces of so many tokens. Between two of them others get their tokens, and a request that is
# stopped ends; a piece of vLLM's default size takes a processor seconds.
CPU_BATCHED_TOKENS = 1024


def tensor_parallel_default(gpu_count: int, heads: int) -> int:
    """The largest power of two up to the number of GPUs that divides the attention heads."""
    size = 1
    while size * 2 <= gpu_count and heads % (size * 2) == 0:
        size *= 2
    return size


def engine_args(
    config: EngineConfig, model_dir: str, model_config: dict[str, Any], *, gpu_count: int, cores: int, bf16: bool = True
) -> tuple[dict[str, Any], list[str]]:
    """Keyword arguments for `AsyncEngineArgs`, and the deviations in words. `bf16`: the processor computes it itself.

    Raises EngineConfigError when the number of GPUs or cores cannot hold the parallelism asked for.
    """
    notes: list[str] = []
    text_config = model_config.get("text_config", model_config)
    heads = int(text_config.get("num_attention_heads", 1))
    window = int(text_config.get("max_position_embeddings", config.max_model_len))
    if window < config.max_model_len:
        notes.append(f"max-model-len {config.max_model_len} -> {window}: the model has no more positions")
    args: dict[str, Any] = {
        "model": model_dir,
        "max_model_len": min(window, config.max_model_len),
        "max_num_seqs": config.max_num_seqs,
        "dtype": config.dtype,
        "tensor_parallel_size": config.tensor_parallel_size or tensor_parallel_default(gpu_count, heads),
        "pipeline_parallel_size": config.pipeline_parallel_size,
        "trust_remote_code": False,
        # Of a model that could also see and hear: nothing here sends it anything but text.
        "language_model_only": True,
        "enable_log_requests": False,
        "use_tqdm_on_load": False,
    }
    if config.quantization:
        args["quantization"] = config.quantization
    if config.block_size:
        args["block_size"] = config.block_size
    if gpu_count:
        wanted = args["tensor_parallel_size"] * args["pipeline_parallel_size"]
        if wanted > gpu_count and "distributed_executor_backend" not in config.extra_args:
            raise EngineConfigError(
                f"CHAT_ENGINE__TENSOR_PARALLEL_SIZE x PIPELINE_PARALLEL_SIZE needs {wanted} GPUs, "
                f"this machine has {gpu_count}"
            )
        args["gpu_memory_utilization"] = config.gpu_memory_utilization
    else:
        notes += _fit_to_cpu(args, config, cores)
        if config.dtype == "auto" and not bf16:
            args["dtype"] = "float32"
            notes.append("dtype auto -> float32: this processor has no bfloat16; the weights take twice the memory")
    return args | config.extra_args, notes


def _fit_to_cpu(args: dict[str, Any], config: EngineConfig, cores: int) -> list[str]:
    notes = [
        f"gpu-memory-utilization {config.gpu_memory_utilization} unused: on a CPU it would take that share of the "
        f"machine's memory; the KV cache gets {CPU_KV_CACHE_BYTES >> 30} GiB"
    ]
    args["kv_cache_memory_bytes"] = CPU_KV_CACHE_BYTES
    args["enforce_eager"] = True
    args["max_num_batched_tokens"] = max(CPU_BATCHED_TOKENS, config.max_num_seqs)
    if args["tensor_parallel_size"] > cores:
        raise EngineConfigError(
            f"CHAT_ENGINE__TENSOR_PARALLEL_SIZE={args['tensor_parallel_size']} needs as many cores, "
            f"this machine has {cores}"
        )
    if args["pipeline_parallel_size"] > 1:
        notes.append("pipeline-parallel-size -> 1: vLLM's CPU build fails at the first request with more")
        args["pipeline_parallel_size"] = 1
    block = args.get("block_size")
    if block and block % CPU_BLOCK:
        args["block_size"] = (block // CPU_BLOCK + 1) * CPU_BLOCK
        notes.append(f"block-size {block} -> {args['block_size']}: CPU attention needs multiples of {CPU_BLOCK}")
    if config.dtype == "float16":
        notes.append("float16 runs, but slower than bfloat16 on CPUs")
    return notes
