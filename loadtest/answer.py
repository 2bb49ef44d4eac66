"""One streamed answer, timed: from the moment the request is sent to its end event."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from loadtest.sse import Event, Parser


@dataclass
class Answer:
    """What came and when. Times are milliseconds since `start`, gaps are between two deltas."""

    start: float
    ttft_ms: float | None = None
    gaps_ms: list[float] = field(default_factory=list)
    total_ms: float = 0.0
    conversation_id: str | None = None
    characters: int = 0
    fault: str | None = "the stream ended without done or error"

    def read(self, chunks: Iterable[bytes]) -> None:
        """Follow the stream to its end."""
        parser, last = Parser(), self.start
        for chunk in chunks:
            now = time.perf_counter()
            for event in parser.feed(chunk):
                if event.event == "delta":
                    if self.ttft_ms is None:
                        self.ttft_ms = (now - self.start) * 1000
                    else:
                        self.gaps_ms.append((now - last) * 1000)
                    last = now
                self._take(event)
        self.total_ms = (time.perf_counter() - self.start) * 1000

    def _take(self, event: Event) -> None:
        body: dict[str, Any] = json.loads(event.data)
        if event.event == "queued":
            self.conversation_id = body["conversation_id"]
        elif event.event == "delta":
            self.characters += len(body["text"])
        elif event.event == "error":
            self.fault = f"error {body['code']}: {body['message']}"
        elif event.event == "done":
            ended = body["finish_reason"] in ("stop", "length") and self.ttft_ms is not None
            self.fault = None if ended else f"done without an answer: {body['finish_reason']}"
