"""The OpenAI- and Anthropic-compatible API behind our accounts, limits, queue and logs."""

from typing import Any

from pydantic_core import from_json, to_json
from starlette.responses import Response

from app import metrics
from app.auth.access import require
from app.auth.current import CurrentUser
from app.db import new_id
from app.errors import BadRequest, NotFound
from app.generations.generations import Generations
from app.limits.bounds import most_tokens
from app.limits.service import LimitService
from app.openai import policy
from app.openai.answer import Answer, lost
from app.openai.call import Call
from app.openai.catalogue import local_cards
from app.openai.counting import Counting
from app.request_log.service import RequestLogService
from engine.base import Api
from engine.supervisor import Supervisor


class OpenAIService:
    """`salted`: one user's prompts are never found in another's prefix cache."""

    def __init__(
        self,
        supervisor: Supervisor,
        generations: Generations,
        limits: LimitService,
        requests: RequestLogService,
        *,
        salted: bool,
    ) -> None:
        self._supervisor = supervisor
        self._generations = generations
        self._limits = limits
        self._requests = requests
        self._salted = salted

    def models(self) -> list[dict[str, Any]]:
        """What can be asked for by name."""
        return local_cards(self._supervisor)

    def model(self, name: str) -> dict[str, Any]:
        """Raises NotFound (`model_not_found`)."""
        for one in self.models():
            if one["id"] == name:
                return one
        raise no_such_model(name)

    async def answer(self, user: CurrentUser, data: bytes) -> Response:
        """An answer by the engine.

        Raises BadRequest, NotFound (`model_not_found`), RateLimited and Unavailable; what vLLM refuses comes as it says
        it.
        """
        require(user, "chat")
        body = policy.checked(parsed(data))
        self._choose(body)
        with self._requests.refusals(user, self._supervisor.model_name):
            call = await self._admit(user, body, len(data))
        return Answer(call, body, to_json(body), self._supervisor, self._closed)

    async def count(self, user: CurrentUser, data: bytes) -> Response:
        """Tokens, which cost no engine time: no place in the queue, no tokens used."""
        require(user, "chat")
        body = policy.checked(parsed(data))
        return Counting(to_json(body), self._choose(body))

    async def embed(self, user: CurrentUser, data: bytes) -> Response:
        """Raises BadRequest: the models of our own engine generate."""
        require(user, "chat")
        body = policy.checked(parsed(data))
        self._choose(body)
        raise policy.refused("model", f"must be an embedding model; {body['model']} is none")

    def _choose(self, body: dict[str, Any]) -> Api:
        """Set the model; who answers for it. Raises NotFound, and Unavailable while there is no engine."""
        api = self._supervisor.engine.api
        if api is None or not self._supervisor.ready:
            raise lost(self._supervisor)
        name = body.get("model")
        if name is None:
            body["model"] = self._supervisor.model_name
        elif name not in (self._supervisor.model_name, *api.adapters):
            raise no_such_model(name)
        return api

    async def _admit(self, user: CurrentUser, body: dict[str, Any], size: int) -> Call:
        info, id_ = self._supervisor.info, new_id()
        # No token of the prompt is shorter than a byte of the body.
        most = most_tokens(info.max_model_len if info else None, ["x" * size], policy.max_tokens(body))
        reservation = await self._limits.reserve(user, id_, most * policy.sequences(body))
        try:
            ticket = self._generations.admit(user.id)
        except BaseException:
            await self._limits.release(reservation)
            raise
        return Call(
            id=id_,
            user_id=user.id,
            model=self._supervisor.model_name,
            ticket=ticket,
            reservation=reservation,
            cache_salt=str(user.id) if self._salted else None,
        )

    async def _closed(self, call: Call) -> None:
        await call.settled()
        watch = call.watch
        self._generations.admission.leave(call.ticket, watch.inside, watch.work)
        await self._limits.ledger.settle(call.reservation, call.tokens_used)
        receipt = watch.receipt(call.finish_reason)
        metrics.observe_generation(call.model, call.status, watch, receipt)
        self._requests.ended(call, call.model, call.status, call.error, receipt)


def parsed(data: bytes) -> dict[str, Any]:
    """A JSON object. Raises BadRequest."""
    try:
        body = from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise BadRequest(f"The body is not valid JSON: {error}.", code="invalid_json") from error
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.", code="invalid_json")
    return body


def no_such_model(name: Any) -> NotFound:
    """OpenAI's 404."""
    return NotFound(f"The model {str(name)[:200]!r} does not exist.", code="model_not_found", param="model")
