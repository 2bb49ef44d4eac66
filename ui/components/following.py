"""Which answers this tab follows; they go on when the tab looks elsewhere."""

import asyncio
from collections.abc import Callable, Container
from uuid import UUID

from nicegui import background_tasks, ui

from app.auth.current import CurrentUser
from app.conversations.schemas import MessageView
from app.errors import AppError
from app.generations.generation import Followed
from app.services import Services
from ui.components.answer import Answer
from ui.components.follower import Follower
from ui.components.messages import Model
from ui.deps import turns
from ui.i18n import Translator


class Following:
    """`running` is told whether anything is followed; `ended` is called whenever an answer has ended."""

    def __init__(
        self,
        t: Translator,
        services: Services,
        user: CurrentUser,
        model: Model,
        *,
        running: Callable[[bool], None],
        ended: Callable[[], None],
    ) -> None:
        self._t, self._services, self._user, self._model = t, services, user, model
        self._running, self._ended = running, ended
        self._client, self._turns = ui.context.client, turns()
        # Both by the message that is written.
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._generations: dict[UUID, UUID] = {}

    def start(self, generation: Followed, answer: Answer) -> None:
        """Show what the generation writes, from its start."""
        message_id = generation.message_id
        self._drop(message_id)
        self._generations[message_id] = generation.id
        follower = Follower(self._t, generation, answer, self._model, self._turns)

        async def follow() -> None:
            try:
                await follower.run()
            finally:
                # Not when it was cancelled: another one may follow the same message by now.
                if self._tasks.get(message_id) is asyncio.current_task():
                    self._drop(message_id)
                    self._ended()
            await follower.until_saved()

        self._tasks[message_id] = background_tasks.create(follow(), context=self._client)
        self._running(True)

    async def resume(self, message: MessageView, answer: Answer) -> bool:
        """Follow an answer that was begun earlier or elsewhere; False when nothing is left to follow."""
        if message.generation_id is None:
            return False
        try:
            generation = await self._services.generations.find(self._user, message.generation_id)
        except AppError:
            return False
        self.start(generation, answer)
        return True

    def leave(self, but: Container[UUID] = ()) -> None:
        """Look elsewhere, except at these messages; the answers go on."""
        for message_id in [one for one in self._tasks if one not in but]:
            self._drop(message_id)

    async def stop(self) -> None:
        """End the answers themselves."""
        for generation_id in list(self._generations.values()):
            await self._services.generations.stop(self._user, generation_id)

    def _drop(self, message_id: UUID) -> None:
        task = self._tasks.pop(message_id, None)
        self._generations.pop(message_id, None)
        if task is not None and task is not asyncio.current_task():
            task.cancel()
        self.tell()

    def tell(self) -> None:
        """Whether anything is followed."""
        self._running(bool(self._tasks))
