"""What goes to the engine for one answer: the prompt and how to sample."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from app.conversations import prompt as prompts
from app.conversations import repository
from app.conversations.models import Message
from app.conversations.schemas import Params
from app.db import Database
from app.errors import NotFound
from app.generations import repository as generations
from app.generations.generation import Prepare, Prepared
from engine.base import Engine, Sampling


class Preparing:
    """`salted`: one user's prompts are never found in another's prefix cache."""

    def __init__(self, db: Database, *, salted: bool) -> None:
        self._db = db
        self._salted = salted

    async def prepare(
        self,
        engine: Engine,
        user_id: UUID,
        system: str | None,
        said: Sequence[prompts.Turn],
        path: Sequence[Message],
        params: Params,
        more: int = 0,
    ) -> Prepared:
        """`path` is what was said before; `more` tokens than `max_tokens` are allowed.

        Raises TooLarge (`context_length_exceeded`).
        """
        wanted = None if params.max_tokens is None else params.max_tokens + more
        start = prompts.last_start(path)
        fitted = await prompts.fit(engine, system, said, wanted, start)
        salt = str(user_id) if self._salted else None
        sampling = Sampling(
            max_tokens=fitted.room,
            min_tokens=params.min_tokens or 0,
            temperature=params.temperature,
            top_p=params.top_p,
            seed=params.seed,
            stop=tuple(params.stop or ()),
            ignore_eos=bool(params.ignore_eos),
        )
        context_start = str(fitted.context_start) if fitted.context_start else None
        cached = min(prompts.last_length(path), fitted.prompt.tokens) if context_start == start else 0
        return Prepared(replace(fitted.prompt, cache_salt=salt), sampling, context_start, cached)

    def again(self, user_id: UUID, answer: Message, more: int = 0) -> Prepare:
        """How to prepare a stored answer once more, from what is stored."""

        async def prepare(engine: Engine) -> Prepared:
            async with self._db.reading() as db:
                conversation = await repository.conversation(db, user_id, answer.conversation_id)
                if conversation is None or answer.parent_id is None:
                    raise NotFound("There is no such conversation.", code="conversation_not_found")
                path = await repository.path(db, answer.conversation_id, answer.parent_id)
                assert answer.generation_id is not None
                params = await generations.params(db, answer.generation_id)
            given = Params.model_validate(params)
            system = conversation.system_prompt
            return await self.prepare(engine, user_id, system, prompts.turns(path), path, given, more)

        return prepare
