"""The models that can be asked for, as OpenAI's and Anthropic's clients read them in one list."""

import time
from datetime import UTC, datetime
from typing import Any

from app.generations.backends import Backend

OWNER = "vllm-chat"
STARTED = int(time.time())


def card(
    name: str, *, max_model_len: int | None = None, parent: str | None = None, demo: bool = False
) -> dict[str, Any]:
    """One model. `parent` is the model that a LoRA adapter belongs to."""
    return {
        "id": name,
        "object": "model",
        "created": STARTED,
        "owned_by": f"{OWNER} (demo model)" if demo else OWNER,
        "root": name,
        "parent": parent,
        "max_model_len": max_model_len,
        "demo": demo,
        "type": "model",
        "display_name": f"{name} (demo)" if demo else name,
        "created_at": datetime.fromtimestamp(STARTED, UTC).isoformat(),
    }


def cards(backend: Backend) -> list[dict[str, Any]]:
    """A model and its adapters; none before its name is known."""
    if not backend.name:
        return []
    info, api = backend.supervisor.info, backend.supervisor.engine.api
    window = info.max_model_len if info is not None else None
    base = card(backend.name, max_model_len=window, demo=backend.supervisor.is_demo)
    return [base, *(card(name, max_model_len=window, parent=backend.name) for name in (api.adapters if api else []))]


def listing(cards: list[dict[str, Any]]) -> dict[str, Any]:
    """The list with what both kinds of clients look for."""
    names = [one["id"] for one in cards]
    ends = {"first_id": names[0] if names else None, "last_id": names[-1] if names else None}
    return {"object": "list", "data": cards, "has_more": False, **ends}
