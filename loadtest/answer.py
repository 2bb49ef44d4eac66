"""One streamed answer, timed: from the moment the request is sent to its end event."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from loadtest.sse import Event, Parser

CUT_OFF = "the stream ended without done or error"


@dataclass
class Answer:
    """What came and when. Times are milliseconds since `start`, gaps are between two texts, `queue_ms` is from the
    place in the queue to the start in the engine. `endings` are the finish reasons that were asked for."""

    start: float
    endings: tuple[str, ...] = ("stop", "length")
    ttft_ms: float | None = None
    queue_ms: float | None = None
    gaps_ms: list[float] = field(default_factory=list)
    total_ms: float = 0.0
    conversation_id: str | None = None
    generation_id: str | None = None
    last_id: str = ""
    characters: int = 0
    tokens: int | None = None
    fault: str | None = CUT_OFF
    _last: float = 0.0
    _queued: float = 0.0

    @property
    def tokens_per_second(self) -> float | None:
        """Of the engine for this user, first token to last; None when the count or a second token is missing."""
        seconds = sum(self.gaps_ms) / 1000
        return (self.tokens - 1) / seconds if self.tokens and self.tokens > 1 and seconds else None

    def read(self, chunks: Iterable[bytes], enough: int | None = None) -> None:
        """Follow the stream to its end, or until so many texts have come. May be called again with the rest of it."""
        parser = Parser()
        for chunk in chunks:
            now = time.perf_counter()
            for event in parser.feed(chunk):
                self._take(event, now)
            if enough is not None and self.ttft_ms is not None and len(self.gaps_ms) + 1 >= enough:
                break
        self.ended()

    def text(self, characters: int, now: float) -> None:
        """Some text has come."""
        if self.ttft_ms is None:
            self.ttft_ms = (now - self.start) * 1000
        else:
            self.gaps_ms.append((now - self._last) * 1000)
        self._last = now
        self.characters += characters

    def ended(self) -> None:
        """Nothing more comes."""
        self.total_ms = (time.perf_counter() - self.start) * 1000

    def _take(self, event: Event, now: float) -> None:
        body: dict[str, Any] = json.loads(event.data)
        self.last_id = event.id
        if event.event == "queued":
            self.conversation_id, self.generation_id = body["conversation_id"], body["generation_id"]
            self._queued = now
        elif event.event == "started":
            self.queue_ms = (now - self._queued) * 1000
        elif event.event == "delta":
            self.text(len(body["text"]), now)
        elif event.event == "error":
            self.fault = f"error {body['code']}: {body['message']}"
        elif event.event == "done":
            self.tokens = (body.get("usage") or {}).get("completion_tokens")
            ended = body["finish_reason"] in self.endings and self.ttft_ms is not None
            self.fault = None if ended else f"done without an answer: {body['finish_reason']}"
