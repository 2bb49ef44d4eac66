"""Any OpenAI-compatible server as the engine (`CHAT_ENGINE__KIND=openai`)."""

import json
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import httpx

from engine.base import ChatMessage, Delta, EngineStatus, ModelInfo, Prompt, Report, Sampling, Stage, Written
from engine.config import EngineConfig
from engine.errors import EngineConfigError, EngineError, EngineUnavailable

CONNECT_SECONDS = 5.0
# Without the remote tokenizer: no common tokenizer makes more than one token of two characters of prose.
CHARS_PER_TOKEN = 2
TOKENS_PER_TURN = 8


class RemoteEngine:
    """Implements `engine.base.Engine` over `/chat/completions` of `base_url`.

    `entry` is the name of a model of CHAT_MODELS: it is that model over there or, when there is none of this name, the
    only one there is. Without it the engine is the one of CHAT_ENGINE__*.
    """

    def __init__(self, config: EngineConfig, entry: str | None = None) -> None:
        self._config = config
        self._entry = entry
        headers = {}
        if config.api_key is not None:
            headers["Authorization"] = f"Bearer {config.api_key.get_secret_value()}"
        self._base = (config.base_url or "").rstrip("/")
        self._client = httpx.AsyncClient(
            headers=headers, timeout=httpx.Timeout(None, connect=CONNECT_SECONDS), follow_redirects=False
        )
        self._info: ModelInfo | None = None

    @property
    def info(self) -> ModelInfo:
        """The remote model. Raises EngineUnavailable before `start`."""
        if self._info is None:
            raise EngineUnavailable("the remote engine has not answered yet")
        return self._info

    @property
    def api(self) -> None:
        """None: it is another server's."""
        return None

    async def start(self, report: Report) -> None:
        """Ask which models there are and take the one the settings name, else the first."""
        report(EngineStatus(Stage.LOADING, self._base))
        models = {entry["id"]: entry for entry in (await self._get("/models")).get("data", [])}
        wanted = self._config.model
        if self._entry is not None and wanted not in models and len(models) == 1:
            wanted = "auto"
        if not models:
            raise EngineConfigError(f"{self._base} offers no model")
        if wanted != "auto" and wanted not in models:
            raise EngineConfigError(
                f"CHAT_ENGINE__MODEL={wanted}: {self._base} offers only {', '.join(list(models)[:10])}"
            )
        chosen = models[wanted] if wanted != "auto" else next(iter(models.values()))
        window = min(int(chosen.get("max_model_len") or self._config.max_model_len), self._config.max_model_len)
        self._info = ModelInfo(chosen["id"], window, self._config.max_num_seqs, resumable=False)
        report(EngineStatus(Stage.WARMING, chosen["id"]))
        prompt = await self.render([ChatMessage("user", "Hello")])
        async for _ in self.stream("warm-up", prompt, Sampling(max_tokens=2)):
            continue
        report(EngineStatus(Stage.READY, chosen["id"]))

    async def _get(self, path: str) -> dict[str, Any]:
        try:
            response = await self._client.get(self._base + path, timeout=CONNECT_SECONDS)
        except httpx.HTTPError as error:
            raise EngineUnavailable(f"{self._base} does not answer: {error}") from error
        if response.status_code in (401, 403):
            raise EngineConfigError(f"{self._base} refused CHAT_ENGINE__API_KEY ({response.status_code})")
        if response.status_code != 200:
            raise EngineUnavailable(f"{self._base}{path} answered {response.status_code}")
        body: dict[str, Any] = response.json()
        return body

    async def render(self, messages: Sequence[ChatMessage]) -> Prompt:
        """The messages with a safe upper estimate of their tokens; the remote server tokenises."""
        tokens = sum(len(message.content) // CHARS_PER_TOKEN + TOKENS_PER_TURN for message in messages)
        return Prompt(tuple(messages), tokens)

    async def stream(
        self, request_id: str, prompt: Prompt, sampling: Sampling, written: Written | None = None
    ) -> AsyncGenerator[Delta, None]:
        """Closing the generator closes the connection, which frees the request over there.

        Raises EngineError for a non-empty `written`: the protocol has no way to say it.
        """
        if written is not None and (written.token_ids or written.text):
            raise EngineError("the remote engine cannot go on in the middle of an answer")
        body: dict[str, Any] = {
            "model": self.info.name,
            "messages": [{"role": message.role, "content": message.content} for message in prompt.messages],
            "max_tokens": sampling.max_tokens,
            "stream": True,
        }
        for name in ("temperature", "top_p", "seed"):
            if (value := getattr(sampling, name)) is not None:
                body[name] = value
        if sampling.stop:
            body["stop"] = list(sampling.stop)
        try:
            async with self._client.stream("POST", self._base + "/chat/completions", json=body) as response:
                if response.status_code != 200:
                    kind = EngineUnavailable if response.status_code >= 500 else EngineError
                    raise kind(f"the remote engine answered {response.status_code}")
                async for line in response.aiter_lines():
                    if line.startswith("data:") and (delta := _delta(line[5:].strip())) is not None:
                        yield delta
        except httpx.HTTPError as error:
            raise EngineUnavailable(f"the remote engine was lost: {error}") from error

    async def check_health(self) -> None:
        """Raises EngineUnavailable when the server does not answer."""
        await self._get("/models")

    async def stop(self) -> None:
        """Close the connections of running streams."""
        self._info = None
        client, self._client = (
            self._client,
            httpx.AsyncClient(headers=self._client.headers, timeout=self._client.timeout, follow_redirects=False),
        )
        await client.aclose()


def _delta(data: str) -> Delta | None:
    if data == "[DONE]":
        return None
    chunk = json.loads(data)
    if "error" in chunk:
        raise EngineError(f"the remote engine failed: {chunk['error'].get('message', 'no reason given')}")
    choices = chunk.get("choices") or []
    if not choices:
        return None
    choice = choices[0]
    delta = choice.get("delta") or {}
    reason = choice.get("finish_reason")
    text, reasoning = delta.get("content") or "", delta.get("reasoning") or delta.get("reasoning_content") or ""
    # The protocol has one chunk per step and no token ids; a chunk with text counts as one token.
    return Delta(
        text,
        (0,) if text or reasoning else (),
        "length" if reason == "length" else reason and "stop",
        reasoning=reasoning,
    )
