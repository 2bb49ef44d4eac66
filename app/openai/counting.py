"""What vLLM answers without its engine: tokens of a text, text of tokens."""

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.openai.inner import inner
from engine.base import Api
from engine.line import Line


class Counting(Response):
    """Takes no place in the queue and uses no tokens."""

    def __init__(self, data: bytes, api: Api) -> None:
        super().__init__()
        self._data = data
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As vLLM answers."""
        with Line(receive) as line:
            line.repeat(self._data)
            await self._api.app(inner(scope, scope["state"]["request_id"]), line.receive, send)
