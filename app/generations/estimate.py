"""How long the first token will take, from how long it took before."""

SHORT_PROMPT = 64
# Weight of the newest measurement in the moving averages.
SMOOTHING = 0.2


class PrefillEstimate:
    """Prefill time as `base + per_token * tokens`: short prompts teach the base, long ones the slope. Milliseconds."""

    def __init__(self) -> None:
        self._base: float | None = None
        self._per_token: float | None = None

    def observe(self, tokens: int, prefill_ms: float) -> None:
        """A prompt of which the cache did not know so many tokens took so long."""
        if tokens < SHORT_PROMPT:
            self._base = _moved(self._base, max(0.0, prefill_ms - (self._per_token or 0) * tokens))
        else:
            self._per_token = _moved(self._per_token, max(0.0, prefill_ms - (self._base or 0)) / tokens)

    def predict(self, tokens: int) -> int | None:
        """Milliseconds from submission to the first token; None before the first measurement."""
        if self._base is None and self._per_token is None:
            return None
        return round((self._base or 0) + (self._per_token or 0) * tokens)


def _moved(average: float | None, value: float) -> float:
    return value if average is None else average + SMOOTHING * (value - average)
