"""The messages of the open conversation: which branch is shown, what is followed, and what makes new ones."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from nicegui import background_tasks, ui
from pydantic import ValidationError

from app.auth.current import CurrentUser
from app.conversations.schemas import ChatRequest, ConversationView, FeedbackRequest, FeedbackView, MessageView
from app.errors import Conflict, NotFound
from app.generations.generation import Followed
from app.services import Services
from ui.branches import Branches
from ui.components.following import Following
from ui.components.messages import NEWEST, WINDOW, Messages, Model
from ui.components.safely import Action, Safely
from ui.components.versions import STEPS, Direction, place_words
from ui.components.vue import Thread
from ui.feedback import invalid_message
from ui.i18n import Translator

# None: it had been taken before.
Taken = Callable[[Followed | None], Awaitable[None]]


class ConversationPane:
    """Built inside the thread. `running` is told whether an answer is being written here, `made` of a new conversation
    that has branched off this one."""

    def __init__(
        self,
        t: Translator,
        user: CurrentUser,
        services: Services,
        thread: Thread,
        safely: Safely,
        model: Model,
        running: Callable[[bool], None],
        made: Callable[[ConversationView], Awaitable[None]],
    ) -> None:
        self._user, self._services, self._thread, self._safely, self._made = user, services, thread, safely, made
        self._client = ui.context.client
        self._following = Following(t, services, user, model, running=running, ended=self._on_ended)
        self._messages = Messages(t, model, self, self._following.resume, self._read)
        self._conversation_id: UUID | None = None
        self._branches = Branches()
        self._loading: asyncio.Task[None] | None = None
        self._changing = asyncio.Lock()  # one change of the path at a time

    def _on_ended(self) -> None:
        self._messages.mark_context()

    async def _read(self, ids: Sequence[UUID]) -> list[MessageView]:
        known = self._conversation_id
        return await self._services.conversations.some(self._user, known, ids) if known and ids else []

    def skeleton(self) -> None:
        """Grey bars until `open`."""
        self._messages.skeleton()

    def open(self, conversation_id: UUID) -> None:
        """Read the conversation and show its newest branch."""
        self._conversation_id = conversation_id

        async def read() -> None:
            self._branches = Branches(await self._services.conversations.places(self._user, conversation_id))
            await self._messages.show(self._branches)
            self._following.tell()
            await self._thread.followed()
            await self._messages.show_earlier(self._branches, WINDOW - NEWEST)

        async def load() -> None:
            if not await self._safely.run(read):
                self._messages.fail()
            self._following.tell()

        self._loading = background_tasks.create(load(), context=self._client)

    async def leave(self) -> None:
        """Show nothing and follow nothing; the answers themselves go on."""
        async with self._changing:
            self.detach()
            self._messages.clear()
            self._conversation_id, self._branches = None, Branches()

    def detach(self) -> None:
        """The page is gone, or looks elsewhere."""
        if self._loading is not None:
            self._loading.cancel()
        self._following.leave()

    async def _show(self) -> None:
        self._following.leave(but={message.id for message in self._branches.path})
        await self._messages.show(self._branches)
        # An answer may have ended before it could be followed.
        self._following.tell()

    @property
    def leaf(self) -> UUID | None:
        """The newest message that is shown."""
        path = self._branches.path
        return path[-1].id if path else None

    @property
    def changing(self) -> bool:
        """True while something that was pressed is under way."""
        return self._changing.locked()

    # Questions and answers

    async def send(self, content: str, key: str | None, taken: Taken, beginning: Mapping[str, Any]) -> None:
        """Ask at the end of the path that is shown; once, however often it comes with the same `key`. `taken` is called
        before the answer is shown. A conversation that this begins is begun with `beginning`."""
        async with self._changing:
            await self._loaded()
            path = self._branches.path
            begun = self._conversation_id is not None
            more = {"parent_id": path[-1].id} if path else {} if begun else beginning
            try:
                generation = await self._ask(content, key, **more)
            except Conflict as error:
                if error.code != "idempotency_key_reused" or self._conversation_id is None:
                    raise
                # It was taken before, and this page has not heard of it.
                await taken(None)
                self.open(self._conversation_id)
                return
            await taken(generation)
            await self._follow(generation)

    async def _ask(self, content: str, key: str | None = None, **more: Any) -> Followed:
        try:
            request = ChatRequest(conversation_id=self._conversation_id, content=content, **more)
        except ValidationError as error:
            raise invalid_message(error) from None
        return await self._services.conversations.send(self._user, request, key)

    async def _follow(self, generation: Followed) -> None:
        """Show the branch that a new generation has begun, and what it writes."""
        self._conversation_id = generation.conversation_id
        self._branches = Branches(await self._services.conversations.places(self._user, generation.conversation_id))
        self._branches.choose(generation.message_id)
        await self._show()
        self._thread.follow()

    async def edit(self, message: MessageView, content: str) -> bool:
        """Ask in other words, beside the question as it was."""

        async def ask() -> None:
            # Explicitly, also when it is None: a new beginning is not the same as going on at the end.
            await self._follow(await self._ask(content, parent_id=message.parent_id))

        return await self._change(ask)

    async def regenerate(self, message_id: UUID) -> None:
        """Answer once more, beside this answer."""

        async def again() -> None:
            await self._follow(await self._services.conversations.regenerate(self._user, message_id, anew=True))

        await self._change(again)

    def can_continue(self, model: str) -> bool:
        """Whether this model can go on in the middle of an answer; not known means that it can."""
        info = self._services.backends.writer_of(model).supervisor.info
        return info is None or info.resumable

    async def continue_answer(self, message_id: UUID) -> None:
        """Let this answer go on where it ends."""

        async def go_on() -> None:
            generation = await self._services.conversations.continue_answer(self._user, message_id)
            if (answer := self._messages.answer(message_id)) is not None:
                self._following.start(generation, answer)

        await self._change(go_on)

    async def fork(self, message_id: UUID) -> None:
        """Go on in a new conversation with all up to this message. Not a change of the path: it is left for that."""

        async def branch() -> None:
            await self._made(await self._services.copying.fork(self._user, message_id))

        await self._safely.run(branch)

    async def stop(self) -> None:
        """End what is being written here."""
        await self._following.stop()

    async def rate(self, message_id: UUID, feedback: FeedbackView | None) -> bool:
        """Keep what the reader thinks of an answer; False when it was not taken."""

        async def keep() -> None:
            body = feedback.model_dump() if feedback is not None else {"value": None}
            try:
                request = FeedbackRequest.model_validate(body)
            except ValidationError as error:
                raise invalid_message(error) from None
            await self._services.conversations.rate(self._user, message_id, request)

        return await self._safely.run(keep)

    # Branches

    async def switch(self, message_id: UUID, direction: Direction) -> None:
        """Show the version before or after this one."""

        async def show() -> None:
            if (conversation_id := self._conversation_id) is None:
                return
            # What has been written since is in the database, not here.
            self._branches = Branches(await self._services.conversations.places(self._user, conversation_id))
            versions = self._branches.versions(message_id)
            index = versions.index(message_id) + STEPS[direction]
            if not 0 <= index < len(versions):
                raise NotFound("There is no such version.")
            self._branches.choose(versions[index])
            self._thread.release()
            await self._show()
            # The keyboard stays on the same button, or goes to the other one where there is nothing further.
            buttons = (f"[data-version={direction}]:enabled", "[data-version]:enabled")
            self.focus(versions[index], *buttons, said=place_words(index + 1, len(versions)))

        await self._change(show)

    async def show_earlier(self) -> None:
        """Show more of the beginning, once for each press."""
        async with self._changing:
            await self._loaded()
            await self._safely.run(lambda: self._messages.show_earlier(self._branches))

    def focus(self, message_id: UUID, *selectors: str, said: str = "") -> None:
        """Put the keyboard on the first of these parts that the message has."""
        self._thread.focus(message_id, selectors, said)

    async def _change(self, action: Action) -> bool:
        """One at a time: what is pressed while something happens is pressed twice."""
        if self.changing:
            return False
        async with self._changing:
            await self._loaded()
            return await self._safely.run(action)

    async def _loaded(self) -> None:
        if self._loading is not None:
            await asyncio.wait([self._loading])
