"""Conversations of ChatGPT's `conversations.json`: a tree of nodes, most of which nobody was ever shown."""

import re
from collections import deque
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.conversations.schemas import Text
from app.language import Language
from app.transfer.imported import MAX_TEXT, MAX_TITLE, Imported, Turn, Unusable

MAX_NODES = 50_000
_TEXT = TypeAdapter(Text)
# Marks of quoted sources, which mean nothing outside.
_CITATIONS = re.compile("\ue200[^\ue200\ue201]{0,2000}\ue201")
_LEFT_OUT: dict[Language, str] = {"ko": "[가져오지 않은 첨부: {kind}]", "en": "[Attachment not imported: {kind}]"}
_KIND = re.compile(r"[a-z_]{1,40}")


def read(data: dict[str, Any], language: Language) -> Imported:
    """Raises Unusable."""
    nodes = {key: _dict(node) for key, node in _dict(data.get("mapping")).items()}
    if len(nodes) > MAX_NODES:
        raise Unusable("too_many_messages")
    turns: list[Turn] = []
    # One answer can come in several pieces, with calls of tools between them.
    pieces: dict[str, list[str]] = {}
    followed: set[str | None] = set()
    # The message that stands for a node: its own, or that of the nearest node above it that was shown.
    shown: dict[str, Turn | None] = {}
    for key in _parents_first(nodes):
        up = shown.get(str(nodes[key].get("parent")))
        turn = _turn(key, up, _dict(nodes[key].get("message")), language)
        if turn is None:
            shown[key] = up
        elif up is not None and up.role == turn.role == "assistant" and up.key not in followed:
            pieces[up.key].append(turn.content)
            shown[key] = up
        else:
            turns.append(turn)
            followed.add(turn.parent)
            pieces[key] = [turn.content]
            shown[key] = turn
    for turn in turns:
        turn.content = "\n\n".join(pieces[turn.key])
        if len(turn.content) > MAX_TEXT:
            raise Unusable("text_too_long")
    current = shown.get(str(data.get("current_node")))
    return Imported(
        title=_checked(str(data.get("title") or ""))[:MAX_TITLE],
        turns=turns,
        created_at=_moment(data.get("create_time")),
        updated_at=_moment(data.get("update_time")),
        archived=data.get("is_archived") is True,
        current=current.key if current else None,
    )


def _parents_first(nodes: dict[str, dict[str, Any]]) -> list[str]:
    below: dict[str, list[str]] = {}
    waiting: deque[str] = deque()
    for key, node in nodes.items():
        parent = node.get("parent")
        if parent is None or str(parent) not in nodes:
            waiting.append(key)
        else:
            below.setdefault(str(parent), []).append(key)
    ordered: list[str] = []
    while waiting:
        key = waiting.popleft()
        ordered.append(key)
        waiting += below.get(key, ())
    if len(ordered) != len(nodes):
        raise Unusable("broken_tree")
    return ordered


def _turn(key: str, up: Turn | None, message: dict[str, Any], language: Language) -> Turn | None:
    """None for what was not shown: instructions, hidden messages, calls of tools and what they brought."""
    metadata, role = _dict(message.get("metadata")), _dict(message.get("author")).get("role")
    if role not in ("user", "assistant") or metadata.get("is_visually_hidden_from_conversation"):
        return None
    if role == "assistant" and message.get("recipient") not in (None, "all"):
        return None
    content = _checked(_content(_dict(message.get("content")), language))
    if not content.strip():
        return None
    model = metadata.get("model_slug")
    return Turn(
        key=key,
        parent=up.key if up else None,
        role=str(role),
        content=content,
        created_at=_moment(message.get("create_time")),
        model=_checked(model)[:200] if role == "assistant" and isinstance(model, str) else None,
    )


def _content(content: dict[str, Any], language: Language) -> str:
    parts = content.get("parts")
    if not isinstance(parts, list):
        # Thoughts and contexts of the user have other keys than this.
        text = content.get("text")
        return text if isinstance(text, str) else ""
    words = [part if isinstance(part, str) else _left_out(_dict(part), language) for part in parts]
    return _CITATIONS.sub("", "\n\n".join(word for word in words if word.strip()))


def _left_out(part: dict[str, Any], language: Language) -> str:
    if isinstance(part.get("text"), str):
        return str(part["text"])
    kind = _KIND.match(str(part.get("content_type") or ""))
    return _LEFT_OUT[language].format(kind=kind[0].removesuffix("_asset_pointer") if kind else "?")


def _checked(text: str) -> str:
    try:
        return _TEXT.validate_python(text)
    except ValidationError:
        raise Unusable("unprintable") from None


def _moment(seconds: object) -> datetime | None:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
