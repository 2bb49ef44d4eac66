"""Users who register, sign in and chat: `make load`, or `locust -f loadtest/locustfile.py --host URL`."""

import random
import time
import uuid
from typing import Any

import gevent
from locust import HttpUser, between, events, task
from locust.exception import StopUser

from loadtest.answer import Answer
from loadtest.questions import QUESTIONS

TURNS = 4  # then a new conversation, so that it stays within the window of a small model
PATIENCE = 120  # seconds that a user tries to get in, where the server limits sign-ins per address


class ChatUser(HttpUser):  # type: ignore[misc]  # locust has no types
    """One person with an account of their own."""

    wait_time = between(0.5, 2)
    network_timeout = connection_timeout = 30.0

    def on_start(self) -> None:
        """Make an account and sign in."""
        self.email = f"load-{uuid.uuid4()}@example.com"
        self.password = uuid.uuid4().hex
        self.conversation: str | None = None
        self.turns = 0
        self._ask_in("/api/auth/register", json={"email": self.email, "password": self.password})
        self._sign_in()

    def _sign_in(self) -> None:
        form = {"username": self.email, "password": self.password}
        token = self._ask_in("/api/auth/jwt/login", data=form)["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"

    def _ask_in(self, path: str, **body: Any) -> dict[str, Any]:
        """POST until it is accepted; a limit is waited for as long as the server asks."""
        deadline = time.monotonic() + PATIENCE
        while True:
            with self.client.post(path, catch_response=True, **body) as answer:
                if answer.ok:
                    accepted: dict[str, Any] = answer.json()
                    return accepted
                wait = float(answer.headers.get("Retry-After", 0))
                if answer.status_code not in (429, 503) or time.monotonic() + wait > deadline:
                    answer.failure(f"{answer.status_code}: {answer.text[:200]}")
                    raise StopUser
                answer.success()
            gevent.sleep(max(wait, 0.5))

    @task(8)  # type: ignore[untyped-decorator]
    def chat(self) -> None:
        """Ask one question and read the answer as it comes."""
        if self.turns >= TURNS:
            self.conversation, self.turns = None, 0
        body: dict[str, object] = {"content": random.choice(QUESTIONS)}
        if self.conversation:
            body["conversation_id"] = self.conversation
        answer = Answer(time.perf_counter())
        with self.client.post(
            "/api/chat", json=body, headers={"Accept": "text/event-stream"}, stream=True, catch_response=True
        ) as response:
            if response.status_code == 200:
                answer.read(response.iter_content(chunk_size=None))
            else:
                answer.fault = f"{response.status_code}: {response.text[:200]}"
            response.success()  # judged below, by what the stream said
            if response.status_code == 401:
                self._sign_in()
        self.conversation, self.turns = answer.conversation_id or self.conversation, self.turns + 1
        self._report(answer)

    def _report(self, answer: Answer) -> None:
        fault = RuntimeError(answer.fault) if answer.fault else None
        self._fire("total", answer.total_ms, answer.characters, fault)
        if answer.ttft_ms is not None:
            self._fire("TTFT", answer.ttft_ms)
        for gap in answer.gaps_ms:
            self._fire("ITL", gap)

    def _fire(self, name: str, milliseconds: float, length: int = 0, fault: Exception | None = None) -> None:
        events.request.fire(
            request_type="SSE",
            name=name,
            response_time=milliseconds,
            response_length=length,
            exception=fault,
            context={},
        )

    @task(1)  # type: ignore[untyped-decorator]
    def read_back(self) -> None:
        """Open the conversation again, as a reload does."""
        if self.conversation:
            self.client.get(f"/api/conversations/{self.conversation}/messages", name="/api/conversations/…/messages")
