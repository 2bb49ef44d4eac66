"""Going on in the middle of an answer: the text that follows what an earlier run has shown."""

from collections.abc import Sequence
from typing import Any

from engine.base import FinishReason, Written
from engine.errors import EngineError


class ResumedText:
    """vLLM's own detokenizer, fed with the tokens that are `written`.

    What it holds back, the first bytes of a character and the beginning of a stop string, cannot be seen
    in the text that was shown. So vLLM continues with token ids alone, and the text comes from here: equal
    to that of a run which nothing has disturbed.
    """

    def __init__(self, tokenizer: Any, prompt_ids: Sequence[int], params: Any, written: Written) -> None:
        """`params` are vLLM's SamplingParams for the whole answer, its end tokens included.

        Raises EngineError when the shown text is not the beginning of the tokens' text.
        """
        from vllm.v1.engine import EngineCoreRequest
        from vllm.v1.engine.detokenizer import IncrementalDetokenizer

        request = EngineCoreRequest(
            request_id="resumed",
            prompt_token_ids=list(prompt_ids),
            mm_features=None,
            sampling_params=params,
            pooling_params=None,
            arrival_time=0.0,
            lora_request=None,
            cache_salt=None,
            data_parallel_rank=None,
        )
        self._detokenizer = IncrementalDetokenizer.from_new_request(tokenizer, request)
        self._shown = len(written.text)
        ids = list(written.token_ids)
        ended = bool(ids) and ids[-1] in {params.eos_token_id, *params.stop_token_ids}
        stop_string = self._detokenizer.update(ids, ended)
        self.finish_reason: FinishReason | None = None
        if ended or stop_string:
            self.finish_reason = "stop"
        elif len(ids) >= params.max_tokens:
            self.finish_reason = "length"
        if not self._detokenizer.get_next_output_text(finished=True, delta=False).startswith(written.text):
            raise EngineError("the answer cannot go on: its text does not fit its tokens")

    def add(
        self, token_ids: Sequence[int], finish_reason: FinishReason | None
    ) -> tuple[str, tuple[int, ...], FinishReason | None]:
        """The text that can be shown after these tokens, the tokens that count, and whether the answer ends."""
        before = self._detokenizer.num_output_tokens()
        if self._detokenizer.update(list(token_ids), finish_reason == "stop"):
            finish_reason = "stop"
        counted = self._detokenizer.num_output_tokens() - before
        return self.text(finished=finish_reason is not None), tuple(token_ids[:counted]), finish_reason

    def text(self, *, finished: bool) -> str:
        """What can be shown and was not; all that is held back too when `finished`."""
        text: str = self._detokenizer.get_next_output_text(finished, delta=True)
        skipped = min(self._shown, len(text))
        self._shown -= skipped
        return text[skipped:]
