"""The chat page of one browser tab: a view of what the services hold, and the actions on it."""

from functools import partial
from uuid import UUID

from nicegui import background_tasks, ui
from nicegui.events import GenericEventArguments

from app.auth.current import CurrentUser
from app.conversations.schemas import ConversationView
from app.errors import AppError, Unauthorized
from app.generations.generation import Followed
from app.services import Services
from ui.components.announcements import Announcements
from ui.components.control import ConversationControl
from ui.components.conversation_actions import conversation_at
from ui.components.conversation_menu import ConversationMenu
from ui.components.conversation_pane import ConversationPane
from ui.components.dock import Dock
from ui.components.furniture import furniture
from ui.components.header import Header
from ui.components.model_line import ModelLine
from ui.components.safely import Safely
from ui.components.sidebar import Sidebar
from ui.components.tab import Tab
from ui.components.temporary import Temporary
from ui.components.vue import Thread
from ui.components.welcome import welcome
from ui.i18n import Translator


class Chat:
    """Built once per page load. All state that matters is in the services."""

    def __init__(
        self,
        t: Translator,
        user: CurrentUser,
        services: Services,
        conversation: ConversationView | None,
    ) -> None:
        self._t, self._user, self._services = t, user, services
        self.conversation = conversation
        self._suggested = False  # one of the first questions is on its way
        self._client = ui.context.client
        self._safely = Safely(self._client.request, user, self._tell)
        self._build()
        ui.on("visit", self._on_visit)
        ui.on_exception(self._on_bug)
        background_tasks.create(self._start(), context=self._client)

    def _build(self) -> None:
        t, safely = self._t, self._safely
        new_chat = safely(self._new_chat)

        async def ask(question: str) -> None:
            await safely.run(lambda: self._suggest(question))

        furniture(t)
        tab = Tab(t, self._user, self._services, safely, self)
        self._sidebar = Sidebar(tab, new_chat)
        with ui.element("div").classes("main") as self._main:
            self._header = Header(
                t,
                menu=lambda: ConversationMenu(tab, self._sidebar.organizer),
                new_chat=new_chat,
                several=len(self._services.backends.all()) > 1,
            )
            Announcements(t, self._user, self._services)
            path = f"/c/{self.conversation.id}" if self.conversation else "/"
            with Thread(t, path) as self._thread:
                self._welcome = welcome(t, ask)
                with self._welcome:
                    self._temporary = Temporary(t, self._user, self._services, self._show_frame)
                self._pane = ConversationPane(
                    t, self._user, self._services, self._thread, safely, self._model, self._set_running, self.made
                )
            self._temporary.banner()
            dock = Dock(
                t, self._user, self._services, safely, lambda: (self._control, self.conversation, self._pane.leaf)
            )
        self._notice, self._composer, self._meter = dock.notice, dock.composer, dock.meter
        self._composer.on("send", self._on_send)
        self._composer.on("stop", safely(self._pane.stop))
        self._control = ConversationControl(t, self._user, self._services, self)
        self._models = ModelLine(t, self._services, safely, self._control, self._header.engine, dock.hint)
        if self.conversation is None:
            self._show_frame()
        else:
            # Its title is the user's text and comes over the socket.
            self._set_empty(False)
            self._composer.set_conversation(str(self.conversation.id))
            self._pane.skeleton()

    async def _start(self) -> None:
        opened = self.conversation
        await self._client.connected()
        if self._client.is_deleted:
            return
        self._client.on_delete(self._pane.detach)
        self._models.watch()
        await self._safely.run(self._sidebar.refresh)
        # Meanwhile a first message may have begun a conversation, which draws itself, or another one was chosen.
        if (self.conversation and self.conversation.id) != (opened and opened.id):
            return
        if self.conversation is not None:
            self._open(self.conversation)
        elif await self._safely.run(self._control.begin):
            self.settings_changed()

    def _model(self) -> tuple[str, bool]:
        return self._services.engine.model_name, self._services.engine.is_demo

    # What is shown

    def _show_frame(self) -> None:
        """Everything around the messages, for the conversation that is open."""
        conversation = self.conversation
        self._set_empty(conversation is None)
        title = self._temporary.title(conversation) if conversation else None
        self._header.show(title)
        caption = f"{title} · {self._t('app_name')}" if title else self._t("app_name")
        self._thread.show(f"/c/{conversation.id}" if conversation else "/", caption)
        self._composer.set_conversation(str(conversation.id) if conversation else "")
        self._sidebar.set_active(conversation.id if conversation else None)
        self._temporary.show(conversation)
        self.settings_changed()

    def settings_changed(self) -> None:
        """Model, system prompt or parameters are others now."""
        self._models.show()
        self._control.show()
        self._meter.changed()

    def _set_empty(self, empty: bool) -> None:
        self._welcome.set_visibility(empty)
        self._main.classes(add="empty" if empty else "", remove="" if empty else "empty")

    def _set_running(self, running: bool) -> None:
        self._composer.set_running(running)
        self._meter.set_running(running)

    def _open(self, conversation: ConversationView) -> None:
        self._show_frame()
        self._pane.open(conversation.id)

    # Actions

    async def _on_visit(self, event: GenericEventArguments) -> None:
        """Back or forward in the browser."""
        path = str(event.args)
        await self._safely.run(
            lambda: self.visit(conversation_at(path)) if path.startswith("/c/") else self._new_chat()
        )

    async def visit(self, conversation_id: UUID) -> None:
        """Open a conversation. Raises NotFound."""
        conversation = await self._services.conversations.get(self._user, conversation_id)
        await self._leave(conversation)
        self.conversation = conversation
        self._pane.skeleton()
        self._open(conversation)

    async def _new_chat(self) -> None:
        await self._leave(None)
        self.conversation = None
        self._control.forget()
        await self._control.begin()
        self._show_frame()

    async def _leave(self, other: ConversationView | None) -> None:
        await self._pane.leave()
        self._notice.clear()
        await self._temporary.leave(self.conversation, other)

    async def _on_send(self, event: GenericEventArguments) -> None:
        taken = False
        try:
            taken = await self._safely.run(lambda: self._send(str(event.args["content"]), str(event.args["key"])))
        finally:
            if taken:
                self._composer.settle()
            else:
                self._composer.refuse()

    async def _send(self, content: str, key: str | None = None) -> None:
        beginning = {}
        if self.conversation is None:
            beginning = await self._control.beginning() | self._temporary.beginning
        await self._pane.send(content, key, partial(self._taken, key), beginning)
        await self._sidebar.refresh()

    async def _suggest(self, question: str) -> None:
        """As `_send`, once: the suggestions go away with the first message."""
        if self.conversation is None and not self._suggested and not self._pane.changing:
            self._suggested = True
            try:
                await self._send(question)
            finally:
                self._suggested = False

    async def _taken(self, key: str | None, generation: Followed | None) -> None:
        """The question is stored: its conversation gets its address before the first token."""
        if key is not None:
            self._composer.accept(key)
        if self.conversation is None and generation is not None:
            self.conversation = await self._services.conversations.get(self._user, generation.conversation_id)
        self._notice.clear()
        self._show_frame()

    async def changed(self, conversation: ConversationView) -> None:
        """A conversation is now like this."""
        if self.conversation is not None and self.conversation.id == conversation.id:
            self.conversation = conversation
            self._show_frame()
        await self._sidebar.refresh()

    async def made(self, conversation: ConversationView) -> None:
        """A conversation has come to be out of the one that is open: go there."""
        await self.visit(conversation.id)
        await self._sidebar.refresh()

    async def gone(self, conversation: ConversationView) -> None:
        """A conversation is no longer there."""
        if self.conversation is not None and self.conversation.id == conversation.id:
            await self._new_chat()
        await self._sidebar.refresh()

    def _tell(self, error: AppError) -> None:
        self._notice.show(error)
        if isinstance(error, Unauthorized):
            self._composer.expire()

    def _on_bug(self, error: Exception) -> None:
        """NiceGUI has logged it; the user is told that it was not their fault."""
        self._notice.show(AppError(str(error)))
