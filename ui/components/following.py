"""Which answer this tab follows: at most one, and it goes on when the tab looks elsewhere."""

import asyncio

from nicegui import background_tasks, ui

from app.auth.current import CurrentUser
from app.conversations.schemas import MessageView
from app.errors import AppError
from app.generations.generation import Generation
from app.services import Services
from ui.components.answer import Answer
from ui.components.follower import Follower
from ui.components.messages import Model
from ui.components.vue import Composer
from ui.i18n import Translator


class Following:
    """The composer shows Stop while something is followed."""

    def __init__(self, t: Translator, services: Services, user: CurrentUser, composer: Composer, model: Model) -> None:
        self._t, self._services, self._user, self._composer, self._model = t, services, user, composer, model
        self._generation: Generation | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, generation: Generation, answer: Answer) -> None:
        """Show what the generation writes, from its start."""
        self.leave()
        self._generation = generation
        self._composer.set_running(True)
        follower = Follower(self._t, generation, answer, self._model)

        async def follow() -> None:
            await follower.run()
            if self._generation is generation:
                self._generation = None
                self._composer.set_running(False)

        self._task = background_tasks.create(follow(), context=ui.context.client)

    def resume(self, message: MessageView, answer: Answer) -> bool:
        """Follow an answer that was begun earlier or in another tab; False when nothing is left to follow."""
        if message.generation_id is None:
            return False
        try:
            generation = self._services.generations.get(self._user, message.generation_id)
        except AppError:
            return False
        self.start(generation, answer)
        return True

    def leave(self) -> None:
        """Look elsewhere; the answer goes on."""
        if self._task is not None:
            self._task.cancel()
        self._generation = self._task = None
        self._composer.set_running(False)

    async def stop(self) -> None:
        """End the answer itself."""
        if self._generation is not None:
            await self._services.generations.stop(self._user, self._generation.id)
