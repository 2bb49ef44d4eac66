"""A conversation that comes from a file, whatever format it had there, on its way to rows of ours."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.conversations.schemas import FeedbackView
from app.db import new_id, now

MAX_MESSAGES = 10_000
MAX_TEXT = 1_000_000
MAX_TITLE = 200
STEP = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Unusable(Exception):
    """This conversation is left out. `reason` is a stable code, `detail` says what is wrong, without its texts."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


@dataclass(slots=True)
class Turn:
    """One message. `key` and `parent` are its own and its parent's name in the file."""

    key: str
    parent: str | None
    role: str
    content: str
    created_at: datetime | None
    model: str | None = None
    reasoning: str = ""
    status: str = "done"
    receipt: dict[str, Any] | None = None
    error_code: str | None = None
    feedback: FeedbackView | None = None


@dataclass(slots=True)
class Imported:
    """Everything of one conversation. `current` is the message to whose leaf the shown path leads; None: the newest."""

    title: str
    turns: list[Turn]
    created_at: datetime | None = None
    updated_at: datetime | None = None
    pinned: bool = False
    archived: bool = False
    system_prompt: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    model: str | None = None
    current: str | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """What is stored: values by column. Ids are new, so that nothing that is there can be overwritten."""

    conversation: dict[str, Any]
    messages: list[dict[str, Any]]
    feedback: list[dict[str, Any]]


def rows(user_id: UUID, one: Imported) -> Rows:
    """Raises Unusable (`no_messages`, `too_many_messages`, `broken_tree`)."""
    if not one.turns:
        raise Unusable("no_messages")
    if len(one.turns) > MAX_MESSAGES:
        raise Unusable("too_many_messages")
    conversation_id = new_id()
    ids: dict[str | None, UUID | None] = {turn.key: new_id() for turn in one.turns}
    messages: dict[str, dict[str, Any]] = {}
    feedback: list[dict[str, Any]] = []
    for turn in _parents_first(one.turns):
        # A message is never older than what it follows.
        least = messages[turn.parent]["created_at"] + STEP if turn.parent is not None else EPOCH
        messages[turn.key] = {
            "id": ids[turn.key],
            "conversation_id": conversation_id,
            "parent_id": ids[turn.parent] if turn.parent is not None else None,
            "role": turn.role,
            "content": turn.content,
            "reasoning": turn.reasoning,
            "status": turn.status,
            "model": turn.model,
            "receipt": _renamed(turn.receipt, ids),
            "error_code": turn.error_code,
            "created_at": max(_past(turn.created_at) or least, least),
        }
        if turn.feedback is not None:
            rating = {"value": turn.feedback.value, "comment": turn.feedback.comment}
            feedback.append({"message_id": ids[turn.key], "user_id": user_id, **rating})
    times = [message["created_at"] for message in messages.values()]
    if one.current in messages and messages[one.current]["created_at"] < max(times):
        # The path that is shown is the one to the newest message.
        messages[one.current]["created_at"] = max(times) + STEP
    conversation = {
        "id": conversation_id,
        "user_id": user_id,
        "title": one.title,
        "pinned": one.pinned,
        "archived": one.archived,
        "system_prompt": one.system_prompt,
        "params": one.params,
        "model": one.model,
        "created_at": _past(one.created_at) or min(times),
        "updated_at": _past(one.updated_at) or max(times),
    }
    return Rows(conversation, list(messages.values()), feedback)


def _parents_first(turns: Iterable[Turn]) -> Iterable[Turn]:
    below: dict[str | None, list[Turn]] = {}
    count, keys = 0, set[str]()
    for turn in turns:
        below.setdefault(turn.parent, []).append(turn)
        keys.add(turn.key)
        count += 1
    ordered: list[Turn] = []
    waiting = deque(below.get(None, ()))
    while waiting:
        turn = waiting.popleft()
        ordered.append(turn)
        waiting += below.get(turn.key, ())
    if len(keys) != count or len(ordered) != count:
        # A name twice, a parent that is not there, or a circle.
        raise Unusable("broken_tree")
    return ordered


def _renamed(receipt: dict[str, Any] | None, ids: dict[str | None, UUID | None]) -> dict[str, Any] | None:
    if receipt is None:
        return None
    start = ids.get(receipt.get("context_start"))
    return receipt | {"context_start": str(start) if start else None}


def _past(at: datetime | None) -> datetime | None:
    """Times to come would keep a conversation at the top of the list."""
    if at is None:
        return None
    try:
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        return None
    return min(max(at, EPOCH), now())
