"""From our sampling values to vLLM's."""

from typing import Any

from engine.base import Sampling

OPTIONAL = ("temperature", "top_p", "seed")


def sampling_params(
    sampling: Sampling, defaults: dict[str, Any], *, detokenize: bool = True, special_tokens: bool = False
) -> Any:
    """vLLM's SamplingParams: what is not given is the model's own default. Without `detokenize` no text comes, with
    `special_tokens` these are in the text, too."""
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    given = {name: value for name in OPTIONAL if (value := getattr(sampling, name)) is not None}
    return SamplingParams(
        **(defaults | given | {"max_tokens": sampling.max_tokens}),
        min_tokens=min(sampling.min_tokens, sampling.max_tokens),
        stop=list(sampling.stop),
        ignore_eos=sampling.ignore_eos,
        detokenize=detokenize,
        skip_special_tokens=not special_tokens,
        output_kind=RequestOutputKind.DELTA,
        skip_clone=True,
    )
