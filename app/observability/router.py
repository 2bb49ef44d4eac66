"""Routes that tell how the service runs."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from app.auth.dependencies import User, services_of
from app.conversations.schemas import Text
from app.observability.engine_state import EngineState
from app.observability.settings_in_force import SettingList

router = APIRouter(prefix="/api/admin", tags=["administration"])


@router.get("/engine")
async def engine(request: Request, user: User) -> EngineState:
    """What the engines do now: stage, queue, caches, speed, GPUs."""
    return await services_of(request).engine_states.state(user)


@router.get("/settings")
async def settings(request: Request, user: User, q: Annotated[Text, Query(max_length=200)] = "") -> SettingList:
    """The settings in force whose name or value contains `q`, each with its source. Secrets are masked."""
    return services_of(request).settings_in_force.list(user, q)
