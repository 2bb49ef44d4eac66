"""Route of the engine's state."""

from fastapi import APIRouter, Request

from app.auth.dependencies import User, services_of
from app.observability.engine_state import EngineState

router = APIRouter(prefix="/api/admin", tags=["administration"])


@router.get("/engine")
async def engine(request: Request, user: User) -> EngineState:
    """What the engines do now: stage, queue, caches, speed, GPUs."""
    return await services_of(request).engine_states.state(user)
