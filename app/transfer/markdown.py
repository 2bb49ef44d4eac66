"""One path of a conversation as Markdown: what was written stands there as it is."""

from collections.abc import Iterator, Sequence

from app.conversations.schemas import ConversationView
from app.language import Language
from app.transfer.schemas import Written

_WORDS: dict[Language, dict[str, str]] = {
    "ko": {"user": "나", "assistant": "답변", "system": "시스템 프롬프트", "untitled": "제목 없음"},
    "en": {"user": "You", "assistant": "Answer", "system": "System prompt", "untitled": "Untitled"},
}


def markdown(conversation: ConversationView, path: Sequence[Written], language: Language) -> Iterator[str]:
    """The parts of the document in order. Reasoning and receipts are only in the JSON export."""
    words = _WORDS[language]
    yield f"# {' '.join(conversation.title.split()) or words['untitled']}\n"
    if conversation.system_prompt:
        yield f"\n## {words['system']}\n\n{conversation.system_prompt}\n"
    for message in path:
        name = words["user"] if message.role == "user" else message.model or words["assistant"]
        moment = message.created_at.strftime("%Y-%m-%d %H:%M UTC")
        yield f"\n## {name} · {moment}\n\n{message.content}\n"
