"""An answer over any number of connections: each event once, in order."""

import json
import time

import requests

from loadtest.faults.diary import Asked
from loadtest.sse import Event, Parser

NOTICES = ("resuming",)


class Reading:
    """Fills `asked`; `last` is the id of the last event."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.last = 0
        self._heard = asked.at

    def follow(self, stream: requests.Response) -> None:
        """Until the stream ends, is cut, or has been silent for too long; the difference is for `asked`."""
        parser = Parser()
        try:
            with stream:
                for chunk in stream.iter_content(chunk_size=None):
                    for event in parser.feed(chunk):
                        self._take(event)
        except requests.RequestException as cut:
            if not self.asked.end:
                self.asked.cuts.append(time.time())
                self.asked.notices.append(type(cut).__name__)
            return
        if not self.asked.end:  # the server closed it in good order: it stops
            self.asked.cuts.append(time.time())
            self.asked.notices.append("closed")

    def _take(self, event: Event) -> None:
        asked, data, number = self.asked, json.loads(event.data), int(event.id)
        if number != self.last + 1 or asked.end:
            asked.wrong = asked.wrong or f"event {number} {event.event} behind {self.last} {asked.end}"
        self.last = number
        now = time.time()
        asked.longest_gap, self._heard = max(asked.longest_gap, now - self._heard), now
        if event.event == "queued":
            asked.generation_id, asked.conversation_id = data["generation_id"], data["conversation_id"]
            asked.message_id = data["message_id"]
        elif event.event == "delta":
            asked.text += data["text"]
        elif event.event in NOTICES:
            asked.notices.append(event.event)
        elif event.event in ("done", "error"):
            asked.end, asked.code = event.event, str(data.get("code") or data.get("finish_reason"))
            asked.saved = data.get("saved", True)
