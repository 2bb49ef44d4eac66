"""`openai`: programs with OpenAI's own client and an API key."""

import contextlib
import time

from locust import task
from openai import OpenAI, OpenAIError

from loadtest.answer import Answer
from loadtest.scenarios.person import TOKENS, Person


class OpenaiUser(Person):
    """Streams chat completions."""

    scenario = "openai"
    weight = 2

    def on_start(self) -> None:
        """A key of this account, and the first model that is offered."""
        self.opened = contextlib.ExitStack()
        super().on_start()
        key = self.ask_in("/api/keys", json={"name": "load test", "scopes": ["chat", "read"]})["key"]
        # No second try behind our back: what the server refuses is to be seen.
        self.openai = self.opened.enter_context(OpenAI(base_url=f"{self.host}/v1", api_key=key, max_retries=0))
        self.model = self.openai.models.list().data[0].id

    def on_stop(self) -> None:
        """Close its connections."""
        self.opened.close()

    @task  # type: ignore[untyped-decorator]
    def completion(self) -> None:
        """One question, streamed."""
        answer = Answer(time.perf_counter())
        try:
            self._read(answer)
        except OpenAIError as error:
            answer.fault = repr(error)[:200]
        answer.ended()
        self.report(answer)

    def _read(self, answer: Answer) -> None:
        with self.openai.chat.completions.create(
            model=self.model,
            messages=[{"role": "user", "content": self.question()}],
            max_tokens=TOKENS,
            stream=True,
            stream_options={"include_usage": True},
        ) as stream:
            for chunk in stream:
                now = time.perf_counter()
                for choice in chunk.choices:
                    if choice.delta.content:
                        answer.text(len(choice.delta.content), now)
                    if choice.finish_reason:
                        answer.fault = None if answer.ttft_ms is not None else "an answer without a text"
                if chunk.usage:
                    answer.tokens = chunk.usage.completion_tokens
