"""What the engine has done for a request that ends before its time."""

from types import SimpleNamespace
from typing import Any

import pytest

from engine import metering

pytestmark = pytest.mark.vllm


class Counted:
    """Of a Meter, what is asked here."""

    def __init__(self) -> None:
        self.tokens = 0

    def step(self, tokens: int, preemptions: int) -> None:
        self.tokens += tokens


def state(kind: str, interval: int, tokens: int, sent: int) -> Any:
    """As vLLM's OutputProcessor keeps it."""
    from vllm.sampling_params import RequestOutputKind

    return SimpleNamespace(
        output_kind=RequestOutputKind[kind],
        stream_interval=interval,
        sent_tokens_offset=sent,
        detokenizer=SimpleNamespace(num_output_tokens=lambda: tokens),
        stats=None,
    )


@pytest.mark.parametrize(("interval", "unseen"), [(8, 5), (1, 0)])
def test_tokens_that_were_to_be_joined_are_counted(interval: int, unseen: int) -> None:
    counted = Counted()
    token = metering.current.set(counted)  # type: ignore[arg-type]
    processor = SimpleNamespace(parent_requests={}, request_states={"one": state("DELTA", interval, 12, 7)})
    try:
        metering.count_unseen(processor, "one")
        metering.count_unseen(processor, "gone")
    finally:
        metering.current.reset(token)
    assert counted.tokens == unseen
