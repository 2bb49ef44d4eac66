"""The way to another OpenAI-compatible server: its address, its key, and whether it has been well lately."""

import time

import httpx

from engine.config import EngineConfig
from engine.errors import EngineError
from engine.remote_faults import refusal
from engine.tracing import name_trace

CONNECT_SECONDS = 5.0
# Without a byte for so long a stream is lost. A long prompt in a long queue over there says nothing before its answer.
SILENT_SECONDS = 120.0
# Each stream has a connection of its own, and the probe of the health must not wait for one.
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=32)
# Before the first token a request is sent so many times more, after so long.
RETRIES = 2
RETRY_SECONDS = 0.25
MAX_ERROR_BYTES = 64 * 1024


class RemoteConnection:
    """`failures` counts requests in a row that brought nothing; `heard` is when something came last, monotonic
    seconds. `model` is the id of the model over there."""

    def __init__(self, config: EngineConfig, key_setting: str) -> None:
        self._headers = {}
        if config.api_key is not None:
            self._headers["Authorization"] = f"Bearer {config.api_key.get_secret_value()}"
        self._key_setting = key_setting
        self.base = (config.base_url or "").rstrip("/")
        self.client = self._open()
        self.model = config.model
        self.failures = 0
        self.heard = float("-inf")

    def _open(self) -> httpx.AsyncClient:
        timeout = httpx.Timeout(SILENT_SECONDS, connect=CONNECT_SECONDS)
        return httpx.AsyncClient(
            headers=self._headers,
            timeout=timeout,
            limits=LIMITS,
            follow_redirects=False,
            event_hooks={"request": [name_trace]},
        )

    def url(self, path: str) -> str:
        """Where one of our paths is over there: `/v1` is their base, the rest lies beside it."""
        if path.startswith("/v1/"):
            return self.base + path.removeprefix("/v1")
        return self.base.removesuffix("/v1") + path

    def lives(self) -> None:
        """An answer came."""
        self.failures, self.heard = 0, time.monotonic()

    def failed(self) -> None:
        """A request brought nothing."""
        self.failures += 1

    async def refused(self, response: httpx.Response, tokens: int = 0, window: int = 0) -> EngineError:
        """The error that an answer other than 200 stands for. `tokens` is our estimate of the prompt."""
        body = b""
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > MAX_ERROR_BYTES:
                break
        return refusal(
            response.status_code, response.headers, body, setting=self._key_setting, tokens=tokens, window=window
        )

    async def close(self) -> None:
        """End all running streams; the next request opens anew."""
        client, self.client = self.client, self._open()
        await client.aclose()
