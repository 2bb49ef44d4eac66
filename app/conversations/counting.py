"""How many tokens the next prompt of a conversation has, counted as it will be built."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from app.auth.current import CurrentUser
from app.conversations import prompt as prompts
from app.conversations import repository
from app.conversations.schemas import ChatSettings
from app.conversations.storing import found
from app.db import Database, new_id
from app.errors import TooLarge
from app.generations.backends import Backends
from engine.base import ChatMessage, Engine

# With more answers than these being written the processor is theirs.
BUSY = 8


@dataclass(frozen=True, slots=True)
class Count:
    """Tokens of the next prompt and of the window. `exact`: by the model's own tokenizer; else a careful estimate.

    `dropped`: older messages no longer fit and are left out. `too_long`: it cannot be sent as it is.
    """

    tokens: int
    window: int
    exact: bool
    dropped: bool = False
    too_long: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What was said before. `start`: the message at which the newest prompt began, if not at the beginning."""

    turns: tuple[prompts.Turn, ...] = ()
    start: str | None = None


class Counting:
    """One count at a time in this process: typing must not slow down what others read."""

    def __init__(self, db: Database, backends: Backends) -> None:
        self._db = db
        self._backends = backends
        self._turn = asyncio.Lock()

    async def said(self, user: CurrentUser, conversation_id: UUID, leaf_id: UUID | None) -> Said:
        """What was said up to the message `leaf_id`, to be counted with one text after the other. Raises NotFound."""
        async with self._db.reading() as db:
            row = found(await repository.conversation(db, user.id, conversation_id))
            path = await repository.path(db, row.id, leaf_id) if leaf_id else []
        return Said(tuple(prompts.turns(path)), prompts.last_start(path))

    async def next_prompt(self, said: Said, typed: str, settings: ChatSettings, model: str | None) -> Count | None:
        """With `typed` as the next message. None while the model is not ready or has too much to do."""
        async with self._turn:
            if (engine := self._engine(model)) is None:
                return None
            turns = list(said.turns)
            # Nothing typed yet: what is there counts without the last word of the user.
            if typed.strip() or not turns:
                turns.append(prompts.Turn(new_id(), ChatMessage("user", typed)))
            window, most = engine.info.max_model_len, settings.params.max_tokens
            try:
                fitted = await prompts.fit(engine, settings.system_prompt, turns, most, said.start)
            except TooLarge as error:
                return Count(int(error.params["tokens"]), window, exact=True, too_long=True)
            exact = fitted.prompt.token_ids is not None
            return Count(fitted.prompt.tokens, window, exact, dropped=fitted.context_start is not None)

    async def system_prompt(self, text: str, model: str | None) -> Count | None:
        """What a system prompt adds to every prompt. None while the model is not ready or has too much to do."""
        async with self._turn:
            if (engine := self._engine(model)) is None:
                return None
            question = ChatMessage("user", "?")
            without = await engine.render([question])
            whole = await engine.render([ChatMessage("system", text), question])
        exact = whole.token_ids is not None
        return Count(max(0, whole.tokens - without.tokens), engine.info.max_model_len, exact)

    def _engine(self, model: str | None) -> Engine | None:
        backend = self._backends.writer_of(model)
        idle = backend.admission.running <= BUSY
        return backend.supervisor.engine if backend.supervisor.ready and idle else None
