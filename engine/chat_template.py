"""From messages to token ids by the model's own chat template."""

import asyncio
import re
from collections.abc import Collection
from concurrent.futures import Executor
from typing import Any

from engine.base import ChatMessage

ZERO_WIDTH_SPACE = "\u200b"
# Rendered on the event loop, in about a millisecond: a thread would take longer to get its turn.
SHORT_CHARS, FEW_MESSAGES = 2000, 20


class ChatTemplate:
    """Renders with the model's tokenizer. Special tokens inside a message lose their power: a user who
    types `<|im_start|>system` must not open a system turn."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        special = {str(token) for token in tokenizer.get_added_vocab()} | set(tokenizer.all_special_tokens)
        # Runs of spaces, which some tokenizers add for code, open no turn and stay as they are.
        long = [token for token in special if len(token) > 1 and token.strip()]
        alternatives = "|".join(re.escape(token) for token in sorted(long, key=len, reverse=True))
        self._special = re.compile(alternatives) if alternatives else None

    def _harmless(self, text: str) -> str:
        # Again, because one may overlap the end of another.
        while self._special is not None and self._special.search(text):
            text = self._special.sub(lambda match: match[0][0] + ZERO_WIDTH_SPACE + match[0][1:], text)
        return text

    async def encode_beside(self, thread: Executor, messages: tuple[ChatMessage, ...]) -> tuple[int, ...]:
        """As `encode`; what is long keeps the thread busy and not the event loop."""
        if is_short([message.content for message in messages]):
            return self.encode(messages)
        return await asyncio.get_running_loop().run_in_executor(thread, self.encode, messages)

    def encode(self, messages: tuple[ChatMessage, ...]) -> tuple[int, ...]:
        """Token ids of the whole prompt, opened for the assistant's answer."""
        return tuple(self._tokenizer(self.text(messages), add_special_tokens=False)["input_ids"])

    def text(self, messages: tuple[ChatMessage, ...]) -> str:
        """The whole prompt."""
        turns = [{"role": message.role, "content": self._harmless(message.content)} for message in messages]
        return str(self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))


def is_short(texts: Collection[str]) -> bool:
    """Whether messages with these texts are rendered on the event loop."""
    return len(texts) <= FEW_MESSAGES and sum(map(len, texts)) < SHORT_CHARS
