"""The OpenAI- and Anthropic-compatible API behind our accounts, limits, queue and logs."""

from typing import Any

from pydantic_core import from_json, to_json
from starlette.responses import Response

from app import metrics
from app.auth.access import require
from app.auth.current import CurrentUser
from app.db import new_id
from app.errors import BadRequest, NotFound
from app.generations.backends import Backend, Backends
from app.generations.generations import Generations
from app.limits.bounds import most_tokens
from app.limits.service import LimitService
from app.openai import policy
from app.openai.answer import Answer, lost
from app.openai.call import Call
from app.openai.catalogue import cards
from app.openai.counting import Counting
from app.request_log.service import RequestLogService
from app.tracing import Tracing
from engine.base import Api


class OpenAIService:
    """`salted`: one user's prompts are never found in another's prefix cache."""

    def __init__(
        self,
        backends: Backends,
        generations: Generations,
        limits: LimitService,
        requests: RequestLogService,
        tracing: Tracing,
        *,
        salted: bool,
    ) -> None:
        self._backends = backends
        self._generations = generations
        self._limits = limits
        self._requests = requests
        self._tracing = tracing
        self._salted = salted

    def models(self) -> list[dict[str, Any]]:
        """What can be asked for by name."""
        return [card for backend in self._backends.all() for card in cards(backend)]

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
        backend = self._choose(body)
        with self._requests.refusals(user, backend.name):
            call = await self._admit(user, backend, body, len(data))
        return Answer(call, body, self._backends, self._tracing, self._closed)

    async def count(self, user: CurrentUser, data: bytes) -> Response:
        """Tokens, which cost no engine time: no place in the queue, no tokens used."""
        require(user, "chat")
        body = policy.checked(parsed(data))
        return Counting(to_json(body), api_of(self._choose(body)))

    async def embed(self, user: CurrentUser, data: bytes) -> Response:
        """As `answer`. Raises BadRequest when the model is that of our own engine, which generates."""
        require(user, "chat")
        body = policy.checked(parsed(data))
        if self._choose(body).remote is None:
            raise policy.refused("model", f"must be an embedding model; {body['model']} is none")
        return await self.answer(user, data)

    def _choose(self, body: dict[str, Any]) -> Backend:
        """Who answers; `model` is then the name over there. Raises NotFound, and Unavailable while nobody can."""
        name = body.get("model")
        default = self._backends.default
        if name is not None and not isinstance(name, str):
            raise no_such_model(name)
        own = default.supervisor.engine.api
        if own is not None and name in own.adapters:
            return default
        try:
            backend = self._backends.pick(name)
        except NotFound:
            raise no_such_model(name) from None
        api_of(backend)
        body["model"] = backend.supervisor.model_name
        return backend

    async def _admit(self, user: CurrentUser, backend: Backend, body: dict[str, Any], size: int) -> Call:
        info, id_ = backend.supervisor.info, new_id()
        # No token of the prompt is shorter than a byte of the body.
        most = most_tokens(info.max_model_len if info else None, size, policy.max_tokens(body))
        reservation = await self._limits.reserve(user, id_, most * policy.sequences(body))
        try:
            ticket = self._generations.admit(user.id, backend)
        except BaseException:
            await self._limits.release(reservation)
            raise
        salt = str(user.id) if self._salted else None
        return Call(id=id_, user_id=user.id, backend=backend, ticket=ticket, reservation=reservation, cache_salt=salt)

    async def _closed(self, call: Call) -> None:
        await call.settled()
        watch = call.watch
        call.backend.admission.leave(call.ticket, watch.inside, watch.work)
        await self._limits.ledger.settle(call.reservation, call.tokens_used)
        receipt = watch.receipt(call.finish_reason)
        self._tracing.ended(call.model, call.status, receipt)
        metrics.observe_generation(call.model, call.status, watch, receipt)
        self._requests.ended(call, call.model, call.status, call.error, receipt)


def api_of(backend: Backend) -> Api:
    """Raises Unavailable while it cannot serve."""
    api = backend.supervisor.engine.api
    if api is None or not backend.supervisor.ready:
        raise lost(backend.supervisor)
    return api


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
