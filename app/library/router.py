"""Routes of presets and of the prompt library."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.auth.dependencies import User
from app.library.schemas import (
    PresetCreate,
    PresetList,
    PresetUpdate,
    PresetView,
    PromptCreate,
    PromptList,
    PromptUpdate,
    PromptView,
)
from app.library.service import LibraryService

router = APIRouter(prefix="/api", tags=["library"])


def _service(request: Request) -> LibraryService:
    service: LibraryService = request.app.state.services.library
    return service


@router.get("/presets")
async def list_presets(request: Request, user: User) -> PresetList:
    """By name."""
    return await _service(request).presets(user)


@router.post("/presets", status_code=201)
async def create_preset(request: Request, user: User, body: PresetCreate) -> PresetView:
    """Keep model, system prompt and parameters under a name."""
    return await _service(request).create_preset(user, body)


@router.patch("/presets/{preset_id}")
async def update_preset(request: Request, user: User, preset_id: UUID, body: PresetUpdate) -> PresetView:
    """Change what the body names."""
    return await _service(request).update_preset(user, preset_id, body)


@router.delete("/presets/{preset_id}", status_code=204)
async def delete_preset(request: Request, user: User, preset_id: UUID) -> Response:
    """Conversations that were begun with it stay as they are."""
    await _service(request).delete_preset(user, preset_id)
    return Response(status_code=204)


@router.get("/prompts")
async def list_prompts(request: Request, user: User) -> PromptList:
    """By title."""
    return await _service(request).prompts(user)


@router.post("/prompts", status_code=201)
async def create_prompt(request: Request, user: User, body: PromptCreate) -> PromptView:
    """Keep the text of a question; the page asks for each `{{name}}` in it."""
    return await _service(request).create_prompt(user, body)


@router.patch("/prompts/{prompt_id}")
async def update_prompt(request: Request, user: User, prompt_id: UUID, body: PromptUpdate) -> PromptView:
    """Change what the body names."""
    return await _service(request).update_prompt(user, prompt_id, body)


@router.delete("/prompts/{prompt_id}", status_code=204)
async def delete_prompt(request: Request, user: User, prompt_id: UUID) -> Response:
    """It is gone for good."""
    await _service(request).delete_prompt(user, prompt_id)
    return Response(status_code=204)
