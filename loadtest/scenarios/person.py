"""One person with an account of their own; the scenarios say what they do."""

import json
import os
import random
import time
import uuid
from typing import Any

import gevent
from locust import HttpUser, between, events
from locust.exception import StopUser
from requests import RequestException

from loadtest.answer import Answer
from loadtest.questions import QUESTIONS

PATIENCE = 120  # seconds that a user tries to get in, where the server limits sign-ins per address
# A small model that is asked something odd would go on to the end of its window.
TOKENS = int(os.environ.get("TOKENS") or 200)
STREAM = {"Accept": "text/event-stream"}
LIMITED = (429, 503)


class Person(HttpUser):  # type: ignore[misc]  # locust has no types
    """Signs up and in at the start. `scenario` is the type of the events in Locust's statistics."""

    abstract = True
    scenario = "person"
    wait_time = between(0.5, 2)
    network_timeout = connection_timeout = 30.0

    def on_start(self) -> None:
        """Make an account and sign in."""
        self.email, self.password = f"load-{uuid.uuid4()}@example.com", uuid.uuid4().hex
        self.ask_in("/api/auth/register", json={"email": self.email, "password": self.password})
        self.sign_in()

    def sign_in(self) -> None:
        """A new token for all further requests."""
        form = {"username": self.email, "password": self.password}
        token = self.ask_in("/api/auth/jwt/login", data=form)["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"

    def ask_in(self, path: str, **body: Any) -> dict[str, Any]:
        """POST until it is accepted; a limit is waited for as long as the server asks. Ends the user otherwise."""
        deadline = time.monotonic() + PATIENCE
        while True:
            with self.client.post(path, catch_response=True, **body) as answer:
                if answer.ok:
                    accepted: dict[str, Any] = answer.json()
                    return accepted
                wait = float(answer.headers.get("Retry-After", 0))
                if answer.status_code not in LIMITED or time.monotonic() + wait > deadline:
                    answer.failure(f"{answer.status_code}: {answer.text[:200]}")
                    raise StopUser
                answer.success()
            gevent.sleep(max(wait, 0.5))

    def question(self) -> str:
        """One of those that people ask."""
        return random.choice(QUESTIONS)

    def send(self, answer: Answer, content: str, enough: int | None = None, **body: Any) -> int:
        """Ask, and read the answer as it comes; the status. `enough`: leave after so many texts."""
        given = {name: value for name, value in body.items() if value is not None}
        question = {"content": content, "params": {"max_tokens": TOKENS}} | given
        return self._stream("POST", "/api/chat", answer, enough, json=question, headers=STREAM)

    def follow(self, answer: Answer) -> int:
        """Go on with an answer where its reader has left, as a page does that is loaded again."""
        headers = STREAM | {"Last-Event-ID": answer.last_id}
        path = f"/api/generations/{answer.generation_id}/events"
        return self._stream("GET", path, answer, None, headers=headers, name="/api/generations/…/events")

    def chat(self, content: str, **body: Any) -> Answer:
        """Ask, read to the end, report."""
        answer = Answer(time.perf_counter())
        self.send(answer, content, **body)
        self.report(answer)
        return answer

    def report(self, answer: Answer) -> None:
        """Give its figures to Locust: TTFT, ITL, queue and answer in milliseconds; tokens/s stands as it is."""
        self.fire("answer", answer.total_ms, answer.characters, answer.fault)
        figures = (("TTFT", answer.ttft_ms), ("queue", answer.queue_ms), ("tokens/s", answer.tokens_per_second))
        for name, figure in figures:
            if figure is not None:
                self.fire(name, figure)
        for gap in answer.gaps_ms:
            self.fire("ITL", gap)

    def fire(self, name: str, figure: float, length: int = 0, fault: str | None = None) -> None:
        """One event of this scenario; it has failed with a `fault`."""
        events.request.fire(
            request_type=self.scenario,
            name=name,
            response_time=figure,
            response_length=length,
            exception=RuntimeError(fault) if fault else None,
            context={},
        )

    def _stream(self, method: str, path: str, answer: Answer, enough: int | None, **how: Any) -> int:
        """What happens is said by `answer.fault`."""
        with self.client.request(method, path, stream=True, catch_response=True, **how) as response:
            try:
                if response.status_code == 200:
                    answer.read(response.iter_content(chunk_size=None), enough)
                else:
                    answer.ended()
                    answer.fault = f"{response.status_code}: {response.text[:200]}"
            except (RequestException, json.JSONDecodeError) as error:
                answer.ended()
                answer.fault = repr(error)[:200]
            response.success()  # judged by what the stream said
            if response.status_code == 401:
                self.sign_in()
            return int(response.status_code)
