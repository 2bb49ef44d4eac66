"""Presets and the prompt library of one user."""

from uuid import UUID

from pydantic import BaseModel

from app.auth.access import require
from app.auth.current import CurrentUser
from app.db import Database
from app.errors import Conflict, NotFound
from app.generations.backends import Backends
from app.library import repository
from app.library.models import Preset, SavedPrompt
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

MAX_PRESETS = 100
MAX_PROMPTS = 500
# What may be set to nothing; null for the others means that they stay.
_EMPTY = ("model", "system_prompt")


class LibraryService:
    """One service call, one short transaction."""

    def __init__(self, db: Database, backends: Backends) -> None:
        self._db = db
        self._backends = backends

    async def presets(self, user: CurrentUser) -> PresetList:
        """By name."""
        async with self._db.reading() as db:
            rows = await repository.presets(db, user.id)
        return PresetList(items=[PresetView.model_validate(row) for row in rows])

    async def default_preset(self, user: CurrentUser) -> PresetView | None:
        """What new conversations begin with, if anything."""
        async with self._db.reading() as db:
            row = await repository.default_preset(db, user.id)
        return PresetView.model_validate(row) if row is not None else None

    async def create_preset(self, user: CurrentUser, body: PresetCreate) -> PresetView:
        """Raises NotFound (`model_not_found`), Conflict (`too_many_presets`), Forbidden."""
        require(user, "chat")
        self._check_model(body.model)
        row = Preset(user_id=user.id, **_columns(body))
        async with self._db.transaction() as db:
            if await repository.count(db, Preset, user.id) >= MAX_PRESETS:
                raise Conflict(f"You have {MAX_PRESETS} presets.", code="too_many_presets", max=MAX_PRESETS)
            if body.is_default:
                await repository.no_default(db, user.id)
            db.add(row)
        return PresetView.model_validate(row)

    async def update_preset(self, user: CurrentUser, preset_id: UUID, body: PresetUpdate) -> PresetView:
        """Change what the body names. Raises NotFound (preset or model), Forbidden."""
        require(user, "chat")
        self._check_model(body.model)
        async with self._db.transaction() as db:
            if body.is_default:
                await repository.no_default(db, user.id)
            row = _found(await repository.owned(db, Preset, user.id, preset_id), "preset")
            _change(row, body)
        return PresetView.model_validate(row)

    async def delete_preset(self, user: CurrentUser, preset_id: UUID) -> None:
        """Conversations that were begun with it stay as they are. Raises NotFound, Forbidden."""
        require(user, "chat")
        async with self._db.transaction() as db:
            _deleted(await repository.remove(db, Preset, user.id, preset_id), "preset")

    async def prompts(self, user: CurrentUser) -> PromptList:
        """By title."""
        async with self._db.reading() as db:
            rows = await repository.prompts(db, user.id)
        return PromptList(items=[PromptView.model_validate(row) for row in rows])

    async def create_prompt(self, user: CurrentUser, body: PromptCreate) -> PromptView:
        """Raises Conflict (`too_many_prompts`), Forbidden."""
        require(user, "chat")
        row = SavedPrompt(user_id=user.id, **_columns(body))
        async with self._db.transaction() as db:
            if await repository.count(db, SavedPrompt, user.id) >= MAX_PROMPTS:
                raise Conflict(f"You have {MAX_PROMPTS} prompts.", code="too_many_prompts", max=MAX_PROMPTS)
            db.add(row)
        return PromptView.model_validate(row)

    async def update_prompt(self, user: CurrentUser, prompt_id: UUID, body: PromptUpdate) -> PromptView:
        """Change what the body names. Raises NotFound, Forbidden."""
        require(user, "chat")
        async with self._db.transaction() as db:
            row = _found(await repository.owned(db, SavedPrompt, user.id, prompt_id), "prompt")
            _change(row, body)
        return PromptView.model_validate(row)

    async def delete_prompt(self, user: CurrentUser, prompt_id: UUID) -> None:
        """Raises NotFound, Forbidden."""
        require(user, "chat")
        async with self._db.transaction() as db:
            _deleted(await repository.remove(db, SavedPrompt, user.id, prompt_id), "prompt")

    def _check_model(self, model: str | None) -> None:
        if model is not None:
            self._backends.by_name(model)


def _columns(body: BaseModel) -> dict[str, object]:
    columns = body.model_dump()
    if columns.get("params") is not None:
        columns["params"] = {name: value for name, value in columns["params"].items() if value is not None}
    return columns


def _change(row: Preset | SavedPrompt, body: BaseModel) -> None:
    for name, value in _columns(body).items():
        if name in body.model_fields_set and (value is not None or name in _EMPTY):
            setattr(row, name, value)


def _found(row: repository.Row | None, kind: str) -> repository.Row:
    if row is None:
        raise _missing(kind)
    return row


def _deleted(there: bool, kind: str) -> None:
    if not there:
        raise _missing(kind)


def _missing(kind: str) -> NotFound:
    if kind == "preset":
        return NotFound("There is no such preset.", code="preset_not_found")
    return NotFound("There is no such prompt.", code="prompt_not_found")
