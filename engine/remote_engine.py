"""Any OpenAI-compatible server as the engine (`CHAT_ENGINE__KIND=openai`, and the models of CHAT_MODELS)."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import httpx

from engine.base import ChatMessage, Delta, EngineStatus, ModelInfo, Prompt, Report, Sampling, Stage, Written
from engine.config import EngineConfig
from engine.errors import EngineBusy, EngineConfigError, EngineError, EngineUnavailable
from engine.remote_api import RemoteApi
from engine.remote_connection import CONNECT_SECONDS, RETRIES, RETRY_SECONDS, RemoteConnection
from engine.remote_stream import ChatStream

# Without the remote tokenizer: no common one makes more than a token of two Latin or one other letter of prose.
CHARS_PER_TOKEN = 2
BYTES_PER_TOKEN = 3
TOKENS_PER_TURN = 8
WARM_UP_TOKENS = 16
# A busy server may ask for so many seconds at the most.
MAX_RETRY_SECONDS = 2.0
# So many requests in a row that brought nothing mean that the server cannot serve, whatever its list of models says.
BREAK_AFTER = 3
# Who writes answers lives, also when the list of models comes late.
HEARD_SECONDS = 5.0


class RemoteEngine:
    """Implements `engine.base.Engine` over `/chat/completions` of `base_url`.

    `entry` is the name of a model of CHAT_MODELS: it is that model over there or, when there is none of this name, the
    only one there is. Without it the engine is the one of CHAT_ENGINE__*.
    """

    def __init__(self, config: EngineConfig, entry: str | None = None) -> None:
        self._config = config
        self._entry = entry
        key_setting = f"the api_key of {entry!r} in CHAT_MODELS" if entry else "CHAT_ENGINE__API_KEY"
        self._connection = RemoteConnection(config, key_setting)
        self._api = RemoteApi(self._connection)
        self._info: ModelInfo | None = None
        # What newer models of OpenAI itself call max_completion_tokens.
        self._limit = "max_tokens"

    @property
    def info(self) -> ModelInfo:
        """The remote model. Raises EngineUnavailable before the first start has succeeded."""
        if self._info is None:
            raise EngineUnavailable("the remote server has not answered yet")
        return self._info

    @property
    def api(self) -> RemoteApi | None:
        """That of the other server, passed on."""
        return None if self._info is None else self._api

    async def start(self, report: Report) -> None:
        """Find the model, and let it say something."""
        report(EngineStatus(Stage.LOADING, self._config.model))
        info = self._choose(await self._models())
        report(EngineStatus(Stage.WARMING, info.name))
        prompt = await self.render([ChatMessage("user", "Hello")])
        async for _ in self._request(info, prompt, Sampling(max_tokens=WARM_UP_TOKENS)):
            continue
        self._info, self._connection.model = info, info.name
        report(EngineStatus(Stage.READY, info.name))

    def _choose(self, models: dict[str, dict[str, Any]]) -> ModelInfo:
        wanted, config = self._config.model, self._config
        if not models:
            raise EngineUnavailable("the remote server offers no model yet")
        if wanted == "auto" or (self._entry is not None and wanted not in models and len(models) == 1):
            wanted = next(iter(models))
        if wanted not in models:
            setting = "CHAT_MODELS" if self._entry else "CHAT_ENGINE__MODEL"
            raise EngineConfigError(f"{setting}: {wanted}: the remote server offers only {', '.join([*models][:10])}")
        told = models[wanted].get("max_model_len")
        window = told if isinstance(told, int) and told > 0 else config.max_model_len
        if self._entry is None:
            window = min(window, config.max_model_len)
        return ModelInfo(wanted, window, config.max_num_seqs, resumable=False)

    async def _models(self) -> dict[str, dict[str, Any]]:
        try:
            response = await self._connection.client.get(self._connection.url("/v1/models"), timeout=CONNECT_SECONDS)
        except httpx.HTTPError as error:
            raise EngineUnavailable(f"the remote server does not answer: {type(error).__name__}") from error
        if response.status_code != 200:
            raise await self._connection.refused(response)
        try:
            return {str(entry["id"]): entry for entry in response.json()["data"]}
        except (ValueError, TypeError, KeyError) as error:
            raise EngineUnavailable("the remote server sent what is no list of models") from error

    async def render(self, messages: Sequence[ChatMessage]) -> Prompt:
        """The messages with a safe upper estimate of their tokens; the remote server tokenises."""
        return Prompt(tuple(messages), sum(_tokens(message.content) + TOKENS_PER_TURN for message in messages))

    async def stream(
        self, request_id: str, prompt: Prompt, sampling: Sampling, written: Written | None = None
    ) -> AsyncGenerator[Delta, None]:
        """Closing the generator closes the connection, which frees the request over there.

        Raises EngineError for a non-empty `written`: the protocol has no way to say it.
        """
        if written is not None and (written.token_ids or written.text):
            raise EngineError("the remote engine cannot go on in the middle of an answer")
        async with contextlib.aclosing(self._request(self.info, prompt, sampling)) as deltas:
            async for delta in deltas:
                yield delta

    async def _request(self, info: ModelInfo, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Delta, None]:
        """Until something was said, a failed request is sent again."""
        body = _body(info.name, prompt, sampling) | {self._limit: sampling.max_tokens}
        said = False
        for attempt in range(RETRIES + 1):
            try:
                async with contextlib.aclosing(self._attempt(body, prompt.tokens, info.max_model_len)) as deltas:
                    async for delta in deltas:
                        said = True
                        yield delta
                return
            except EngineUnavailable as error:
                busy = isinstance(error, EngineBusy)
                asked = error.retry_after if isinstance(error, EngineBusy) else None
                wait = RETRY_SECONDS * 2**attempt if asked is None else float(asked)
                if said or attempt == RETRIES or wait > MAX_RETRY_SECONDS:
                    if not busy:
                        self._connection.failed()
                    raise
            except EngineError as error:
                if "max_completion_tokens" not in str(error) or body.pop("max_tokens", None) is None:
                    raise
                self._limit, wait = "max_completion_tokens", 0.0
                body[self._limit] = sampling.max_tokens
            await asyncio.sleep(wait)

    async def _attempt(self, body: dict[str, Any], tokens: int, window: int) -> AsyncGenerator[Delta, None]:
        stream = ChatStream(tokens, window)
        try:
            url = self._connection.url("/v1/chat/completions")
            async with self._connection.client.stream("POST", url, json=body) as response:
                if response.status_code != 200:
                    raise await self._connection.refused(response, tokens, window)
                async for line in response.aiter_lines():
                    if (delta := stream.feed(line)) is not None:
                        self._connection.lives()
                        yield delta
                    if stream.done:
                        break
        except httpx.HTTPError as error:
            if not stream.finished:
                raise EngineUnavailable(f"the remote server was lost: {type(error).__name__}") from error
        last = stream.last()
        self._connection.lives()
        yield last

    async def check_health(self) -> None:
        """Raises EngineUnavailable when the server does not answer, has lost the model, or has failed too often in a
        row; the next start then tells whether it is well again."""
        if self._connection.failures >= BREAK_AFTER:
            raise EngineUnavailable(f"{self._connection.failures} requests in a row failed")
        try:
            offered = self.info.name in await self._models()
        except EngineUnavailable:
            if time.monotonic() - self._connection.heard < HEARD_SECONDS:
                return
            raise
        if not offered:
            raise EngineUnavailable(f"the remote server no longer offers {self.info.name}")

    async def stop(self) -> None:
        """Close the connections of running streams."""
        await self._connection.close()


def _tokens(text: str) -> int:
    return max(len(text) // CHARS_PER_TOKEN, len(text.encode()) // BYTES_PER_TOKEN)


def _body(model: str, prompt: Prompt, sampling: Sampling) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in prompt.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    for name in ("temperature", "top_p", "seed"):
        if (value := getattr(sampling, name)) is not None:
            body[name] = value
    # vLLM's own: other servers may refuse them, so only where somebody asks.
    for name in ("min_tokens", "ignore_eos"):
        if value := getattr(sampling, name):
            body[name] = value
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    return body
