"""What ChatGPT exports, as small as it can be and as odd as it is."""

from typing import Any

BEGUN = 1_700_000_000.25


def node(key: str, parent: str | None, message: dict[str, Any] | None) -> dict[str, Any]:
    """One node of `mapping`."""
    return {"id": key, "message": message, "parent": parent, "children": []}


def message(role: str, *parts: Any, at: float | None = BEGUN, **more: Any) -> dict[str, Any]:
    """A message with text parts."""
    return {
        "id": "m",
        "author": {"role": role, "name": None, "metadata": {}},
        "create_time": at,
        "content": {"content_type": "text", "parts": list(parts)},
        "status": "finished_successfully",
        "recipient": "all",
        "metadata": {"model_slug": "gpt-5"} if role == "assistant" else {},
    } | more


def conversation(*nodes: dict[str, Any], current: str, **more: Any) -> dict[str, Any]:
    """One element of `conversations.json`."""
    return {
        "title": "여행 계획",
        "create_time": BEGUN,
        "update_time": BEGUN + 60,
        "mapping": {one["id"]: one for one in nodes},
        "current_node": current,
        "is_archived": False,
    } | more


HIDDEN = {"is_visually_hidden_from_conversation": True}
TRIP = conversation(
    node("root", None, None),
    node("system", "root", message("system", "", metadata=HIDDEN, at=None)),
    node("context", "system", message("user", "about me", metadata=HIDDEN, at=None)),
    node("q", "context", message("user", {"content_type": "image_asset_pointer"}, "어디로 갈까?", at=BEGUN)),
    node("a1", "q", message("assistant", "제주 \ue200cite\ue202turn0search1\ue201입니다.", at=BEGUN + 5)),
    node("call", "q", message("assistant", '{"query": "부산"}', recipient="web", at=BEGUN + 6)),
    node("tool", "call", message("tool", "results", at=BEGUN + 7)),
    node("a2", "tool", message("assistant", "부산입니다.", at=BEGUN + 8)),
    node("a2more", "a2", message("assistant", "기차로 가세요.", at=BEGUN + 9)),
    node("q2", "a1", message("user", "왜?", at=BEGUN + 20)),
    node("a3", "q2", message("assistant", "바다가 있어서요.", at=BEGUN + 21)),
    current="a2more",
)
