"""How long the first token will take, from how long it took before."""

SHORT_PROMPT = 64
# Weight of the newest measurement in the moving averages.
SMOOTHING = 0.2


class PrefillEstimate:
    """Prefill time as `base + per_token * tokens`: short prompts teach the base, long ones the slope. Milliseconds.

    Prompts are read in the order in which they come, so the tokens that are being read count as much as one's own.
    """

    def __init__(self) -> None:
        self._base: float | None = None
        self._per_token: float | None = None
        self.waiting = 0

    def reading(self, tokens: int) -> "Reading":
        """A prompt with so many new tokens is submitted now."""
        return Reading(self, tokens)

    def observe(self, tokens: int, prefill_ms: float) -> None:
        """So many tokens that the cache did not know took so long."""
        if tokens < SHORT_PROMPT:
            self._base = _moved(self._base, max(0.0, prefill_ms - (self._per_token or 0) * tokens))
        else:
            self._per_token = _moved(self._per_token, max(0.0, prefill_ms - (self._base or 0)) / tokens)

    def predict(self, tokens: int) -> int | None:
        """Milliseconds until the first token of a prompt with so many new tokens, submitted now; None before the
        first measurement."""
        if self._base is None and self._per_token is None:
            return None
        return round((self._base or 0) + (self._per_token or 0) * (self.waiting + tokens))


class Reading:
    """One prompt from its submission to its first token, or until it is given up."""

    def __init__(self, estimate: PrefillEstimate, tokens: int) -> None:
        self._estimate = estimate
        self._tokens = tokens
        self._ahead = estimate.waiting
        self.over = False
        estimate.waiting += tokens

    def done(self, tokens: int, prefill_ms: float) -> None:
        """The first token came; so many tokens were really read."""
        self._estimate.observe(self._ahead + tokens, prefill_ms)
        self.close()

    def close(self) -> None:
        """It is not waited for any more."""
        if not self.over:
            self.over = True
            self._estimate.waiting -= self._tokens


def _moved(average: float | None, value: float) -> float:
    return value if average is None else average + SMOOTHING * (value - average)
