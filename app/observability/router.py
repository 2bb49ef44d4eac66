"""Routes that tell how the service runs, and of what administrators do to its engines."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from app.auth.dependencies import User, services_of
from app.conversations.schemas import Text
from app.generations.engine_control import Action
from app.observability.engine_state import EngineState, ModelState
from app.observability.glance import Glance
from app.observability.settings_in_force import SettingList

router = APIRouter(prefix="/api/admin", tags=["administration"])


class EngineOrder(BaseModel):
    """Which model, the first if none is named; how long a restart waits for running answers, in seconds."""

    model_config = ConfigDict(extra="forbid")

    model: Annotated[Text, Field(max_length=200)] | None = None
    wait_seconds: Annotated[float, Field(ge=0, le=3600)] = 300


@router.get("/engine")
async def engine(request: Request, user: User) -> EngineState:
    """What the engines do now: stage, queue, caches, speed, GPUs."""
    return await services_of(request).engine_states.state(user)


@router.get("/glance")
async def glance(request: Request, user: User) -> Glance:
    """Is it healthy, and if not, what is wrong; who waited longest for a first token in the last hour, and why; who has
    used most tokens in it."""
    return await services_of(request).glances.glance(user)


@router.get("/settings")
async def settings(request: Request, user: User, q: Annotated[Text, Query(max_length=200)] = "") -> SettingList:
    """The settings in force whose name or value contains `q`, each with its source. Secrets are masked."""
    return services_of(request).settings_in_force.list(user, q)


@router.post("/engine/{action}")
async def order(request: Request, user: User, action: Action, body: EngineOrder | None = None) -> ModelState:
    """Pause: new requests wait in the queue, running answers go on. Drain: the same, and `queue` becomes `drained` when
    nothing runs any more. Resume: those who wait go on. Restart: drain, start the engine anew, resume.

    Answers at once; `GET /api/admin/engine` tells how it goes on. 404 `model_not_found`, 409 `engine_elsewhere` (a
    remote engine is restarted where it runs) and `engine_starting`.
    """
    services, wanted = services_of(request), body or EngineOrder()
    backend = services.engine_control.act(user, action, wanted.model, wanted.wait_seconds)
    return services.engine_states.model(backend)
