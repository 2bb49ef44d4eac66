"""Settings of the engine, without their environment names (those are in `app.config`)."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from engine.remote_address import checked_url

RemoteUrl = Annotated[str, AfterValidator(checked_url)]


class EngineConfig(BaseModel):
    """The original design's values are the defaults: TP over all GPUs, 0.55, 8192, 128 sequences."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["vllm", "openai"] = "vllm"
    model: str = "auto"
    base_url: RemoteUrl | None = None
    api_key: SecretStr | None = None
    tensor_parallel_size: int | None = Field(default=None, ge=1)
    pipeline_parallel_size: int = Field(default=1, ge=1)
    gpu_memory_utilization: float = Field(default=0.55, gt=0, le=1)
    max_model_len: int = Field(default=8192, ge=64)
    dtype: Literal["auto", "float16", "bfloat16", "float32"] = "auto"
    max_num_seqs: int = Field(default=128, ge=1)
    block_size: int | None = Field(default=None, ge=1)
    quantization: str | None = None
    # Whose prompts share cached prefixes: everybody's, or each user's own. Unset: `user` in production.
    cache_salt: Literal["none", "user"] | None = None
    extra_args: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _remote_needs_an_address(self) -> "EngineConfig":
        if self.kind == "openai" and not self.base_url:
            raise ValueError("CHAT_ENGINE__KIND=openai needs CHAT_ENGINE__BASE_URL")
        return self
