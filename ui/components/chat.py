"""The chat page of one browser tab: a view of what the services hold, and the actions on it."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from nicegui import background_tasks, ui
from nicegui.events import GenericEventArguments
from pydantic import ValidationError

from app.auth.current import CurrentUser
from app.conversations.schemas import ChatRequest, ConversationView
from app.errors import AppError, NotFound
from app.generations.generation import Generation
from app.services import Services
from ui.components.conversation_actions import delete, read_messages, rename
from ui.components.following import Following
from ui.components.header import Header
from ui.components.messages import Messages
from ui.components.notice import Notice
from ui.components.sidebar import Sidebar
from ui.components.vue import Composer, Thread
from ui.components.welcome import welcome
from ui.deps import check_session
from ui.elements import set_text, text
from ui.feedback import invalid_message
from ui.i18n import Translator

log = structlog.get_logger(__name__)


class Chat:
    """Built once per page load. All state that matters is in the services."""

    def __init__(
        self,
        t: Translator,
        user: CurrentUser,
        services: Services,
        zone: ZoneInfo,
        conversation: ConversationView | None,
    ) -> None:
        self._t, self._user, self._services = t, user, services
        self._conversation = conversation
        self._load_task: asyncio.Task[None] | None = None
        self._client = ui.context.client
        self._build(zone)
        ui.on("visit", self._on_visit)
        ui.on_exception(self._on_bug)
        background_tasks.create(self._start(), context=self._client)

    def _build(self, zone: ZoneInfo) -> None:
        t = self._t
        new_chat = self._safely(self._new_chat)

        async def visit(conversation_id: UUID) -> None:
            await self._safely(lambda: self._visit(conversation_id))()

        async def ask(question: str) -> None:
            await self._safely(lambda: self._send(question))()

        text(t("offline"), "offline", "div").props("role=alert")
        self._sidebar = Sidebar(t, self._user, self._services, zone, visit=visit, new_chat=new_chat)
        with ui.element("div").classes("main") as self._main:
            self._header = Header(
                t, rename=self._safely(self._rename), delete=self._safely(self._delete), new_chat=new_chat
            )
            path = f"/c/{self._conversation.id}" if self._conversation else "/"
            with Thread(t, path) as self._thread:
                self._welcome = welcome(t, ask)
                self._messages = Messages(t, self._model)
            with ui.element("div").classes("dock"):
                self._notice = Notice(t)
                self._composer = Composer(t, str(self._user.id))
                self._composer.on("send", self._on_send)
                self._following = Following(t, self._services, self._user, self._composer, self._model)
                self._composer.on("stop", self._safely(self._following.stop))
                self._hint = text(t("hint"), "hint", "p")
        if self._conversation is None:
            self._show_frame()
        else:
            # Its title is the user's text and comes over the socket.
            self._set_empty(False)
            self._composer.set_conversation(str(self._conversation.id))
            self._messages.skeleton()

    async def _start(self) -> None:
        await self._client.connected()
        if self._client.is_deleted:
            return
        watching = background_tasks.create(self._watch_engine(), context=self._client)
        self._client.on_delete(self._cancel_load)
        self._client.on_delete(self._following.leave)
        self._client.on_delete(watching.cancel)
        await self._safely(self._sidebar.refresh)()
        if self._conversation is not None:
            self._load(self._conversation)

    async def _watch_engine(self) -> None:
        engine = self._services.engine
        async for status in engine.watch():
            self._header.engine.show(status, engine.model_name, engine.is_demo)
            set_text(self._hint, self._t("hint_demo" if engine.is_demo else "hint"))

    def _model(self) -> tuple[str, bool]:
        return self._services.engine.model_name, self._services.engine.is_demo

    # What is shown

    def _show_frame(self) -> None:
        """Everything around the messages, for the conversation that is open."""
        conversation = self._conversation
        self._set_empty(conversation is None)
        title = (conversation.title or self._t("untitled")) if conversation else None
        self._header.show(title)
        caption = f"{title} · {self._t('app_name')}" if title else self._t("app_name")
        self._thread.show(f"/c/{conversation.id}" if conversation else "/", caption)
        self._composer.set_conversation(str(conversation.id) if conversation else "")
        self._sidebar.set_active(conversation.id if conversation else None)

    def _set_empty(self, empty: bool) -> None:
        self._welcome.set_visibility(empty)
        self._main.classes(add="empty" if empty else "", remove="" if empty else "empty")

    def _leave(self) -> None:
        """Stop following; the answers themselves go on."""
        self._cancel_load()
        self._following.leave()
        self._notice.clear()
        self._messages.clear()

    def _cancel_load(self) -> None:
        if self._load_task is not None:
            self._load_task.cancel()

    def _load(self, conversation: ConversationView) -> None:
        self._show_frame()
        self._load_task = background_tasks.create(
            self._safely(lambda: self._read(conversation))(), context=self._client
        )

    async def _read(self, conversation: ConversationView) -> None:
        messages = await read_messages(self._services, self._user, conversation.id)
        await self._messages.show(messages, self._following.resume)
        self._thread.follow()

    # Actions

    async def _on_visit(self, event: GenericEventArguments) -> None:
        """Back or forward in the browser."""
        path = str(event.args)
        if not path.startswith("/c/"):
            await self._safely(self._new_chat)()
            return

        async def visit() -> None:
            try:
                conversation_id = UUID(path.removeprefix("/c/"))
            except ValueError:
                raise NotFound("There is no such conversation.", code="conversation_not_found") from None
            await self._visit(conversation_id)

        await self._safely(visit)()

    async def _visit(self, conversation_id: UUID) -> None:
        conversation = await self._services.conversations.get(self._user, conversation_id)
        self._leave()
        self._conversation = conversation
        self._messages.skeleton()
        self._load(conversation)

    async def _new_chat(self) -> None:
        self._leave()
        self._conversation = None
        self._show_frame()

    async def _on_send(self, event: GenericEventArguments) -> None:
        await self._safely(lambda: self._send(str(event.args)))()

    async def _send(self, content: str) -> None:
        asked_in = self._conversation
        accepted = False
        try:
            if self._load_task is not None:
                await asyncio.wait([self._load_task])
            generation = await self._ask(content)
            accepted = True
        finally:
            if not accepted:
                self._composer.refuse()
        self._composer.accept()
        if self._conversation is asked_in:
            if asked_in is None:
                self._conversation = await self._services.conversations.get(self._user, generation.conversation_id)
            self._notice.clear()
            self._show_frame()
            self._messages.ask(content)
            self._following.start(generation, self._messages.answer())
            self._thread.follow()
        await self._sidebar.refresh()

    async def _ask(self, content: str) -> Generation:
        try:
            conversation_id = self._conversation.id if self._conversation else None
            request = ChatRequest(conversation_id=conversation_id, content=content)
        except ValidationError as error:
            raise invalid_message(error) from None
        return await self._services.conversations.send(self._user, request)

    async def _rename(self) -> None:
        if (conversation := self._conversation) is None:
            return
        renamed = await rename(self._t, self._services, self._user, conversation)
        if renamed is not None and self._conversation is conversation:
            self._conversation = renamed
            self._show_frame()
        await self._sidebar.refresh()

    async def _delete(self) -> None:
        if (conversation := self._conversation) is None:
            return
        if await delete(self._t, self._services, self._user, conversation) and self._conversation is conversation:
            await self._new_chat()
        await self._sidebar.refresh()

    # When something goes wrong

    def _safely(self, action: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """The action of a signed-in user; an error becomes words on the page and one line in the log."""

        async def run() -> None:
            try:
                await check_session(self._client.request)
                await action()
            except AppError as error:
                log.info("page action refused", code=error.code, user_id=str(self._user.id))
                self._notice.show(error)

        return run

    def _on_bug(self, error: Exception) -> None:
        """NiceGUI has logged it; the user is told that it was not their fault."""
        self._notice.show(AppError(str(error)))
