"""A 500 from further in is looked at before anybody sees it."""

from typing import Any

from starlette.types import Message

from app.errors import BadRequest
from app.openai.outlet import Outlet
from app.openai.sizes import GRAMMARS
from engine.errors import EngineError, EngineUnavailable
from engine.supervisor import Supervisor


class Failing:
    """Like an outlet. `reason` is why the answer was held back: an engine that has died is no 500, another one answers,
    or the same in a moment. In a living engine what fails is a grammar that cannot be compiled, and that is no bug
    either."""

    def __init__(self, supervisor: Supervisor, body: dict[str, Any], outlet: Outlet) -> None:
        self._supervisor = supervisor
        self._body = body
        self._outlet = outlet
        self.reason: EngineUnavailable | BadRequest | None = None

    async def send(self, message: Message) -> None:
        """A message of the application further in."""
        if message["type"] == "http.response.start" and message["status"] >= 500 and not self._outlet.status:
            self.reason = await self._explain()
        if self.reason is None:
            await self._outlet.send(message)

    async def _explain(self) -> EngineUnavailable | BadRequest | None:
        try:
            await self._supervisor.engine.check_health()
        except EngineError as error:
            return EngineUnavailable(str(error))
        asked = next((name for name in GRAMMARS if self._body.get(name)), None)
        if asked is None:
            return None
        return BadRequest(f"{asked} cannot be turned into a grammar.", code="invalid_parameter", param=asked)
