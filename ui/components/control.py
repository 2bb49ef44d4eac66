"""What the open conversation, or one that is begun here, is answered with: its model, system prompt and parameters."""

import asyncio
from typing import Any, Protocol
from uuid import UUID

from nicegui import ui
from nicegui.events import GenericEventArguments
from pydantic import ValidationError

from app.auth.current import CurrentUser
from app.conversations.counting import Count
from app.conversations.schemas import ChatSettings, ConversationUpdate, ConversationView
from app.defaults.schemas import DefaultsView
from app.errors import AppError, Invalid
from app.library.schemas import PresetView
from app.services import Services
from app.setting_groups import FIRST_ENGINE
from ui.components.control_elements import SettingsPanel
from ui.components.control_presets import Presets
from ui.components.safely import Safely
from ui.feedback import words_for
from ui.i18n import Translator

# Between two counts of what is being typed. Seconds.
COUNT_PAUSE = 0.7


class Page(Protocol):
    """What this needs of the page that it stands in."""

    conversation: ConversationView | None

    def settings_changed(self) -> None:
        """Model, system prompt or parameters are others now."""


class ConversationControl:
    """The panel “Chat settings” and what it holds. Without an open conversation: what the next one is begun with."""

    def __init__(self, t: Translator, user: CurrentUser, services: Services, page: Page) -> None:
        self._t, self._user, self._services, self._page = t, user, services, page
        self._beginning: ChatSettings | None = None
        self._new_model: str | None = None
        self._default = DefaultsView()
        self._shown: tuple[str, ChatSettings, str] = ("", ChatSettings(), "")
        # Changes are kept in the order in which they were made.
        self._saving = asyncio.Lock()
        self._number = 0
        self._safely = Safely(ui.context.client.request, user, self._refuse)
        with SettingsPanel(t) as self.panel:
            self._presets = Presets(t, user, services, self)
        self.panel.on("save", self._on_save)
        self.panel.on("count", self._on_count, throttle=COUNT_PAUSE, leading_events=False)
        self.panel.on("shown", self._on_shown)

    @property
    def model(self) -> str | None:
        """The model that answers here, as it is stored; None: the first one."""
        conversation = self._page.conversation
        return conversation.model if conversation is not None else self._new_model

    @property
    def settings(self) -> ChatSettings:
        """System prompt and parameters that count here."""
        if (conversation := self._page.conversation) is not None:
            return ChatSettings(system_prompt=conversation.system_prompt, params=conversation.params)
        begun = self._beginning or ChatSettings()
        return begun if begun.system_prompt is not None else _with_prompt(begun, self._default.system_prompt)

    @property
    def chosen(self) -> ChatSettings:
        """Of these, what is not the service's default."""
        settings = self.settings
        by_default = settings.system_prompt == self._default.system_prompt
        return _with_prompt(settings, None) if by_default else settings

    def forget(self) -> None:
        """What was chosen for a new conversation does not count for the next."""
        self._beginning = self._new_model = None

    async def begin(self) -> None:
        """A conversation may be begun here: with the user's default preset, where nothing else has been chosen."""
        preset = await self._services.library.default_preset(self._user)
        self._default = await self._services.defaults.in_force()
        if self._beginning is None:
            self._beginning = _settings(preset) if preset is not None else ChatSettings()
            wanted = preset.model if preset is not None and self._offers(preset.model) else None
            self._new_model = self._new_model or wanted or self._default.model

    async def beginning(self) -> dict[str, Any]:
        """What belongs into the first message of a conversation."""
        if self._beginning is None:
            await self.begin()
        first = FIRST_ENGINE if self._default.model is not None else None
        return {"model": self._new_model or first, "settings": self._beginning}

    def show(self) -> None:
        """Of the conversation that is open now."""
        given = self._given()
        if given != self._shown:
            self._shown = given
            self.panel.give(*given)
        self._presets.mark()

    def _given(self) -> tuple[str, ChatSettings, str]:
        """For the panel: whose settings, what was chosen, and the system prompt that counts where none is."""
        conversation, default = self._page.conversation, self._default.system_prompt or ""
        if conversation is None:
            return "", self.chosen, default
        # One that has begun without any keeps to that.
        return str(conversation.id), self.chosen, default if conversation.system_prompt else ""

    async def settled(self) -> None:
        """Until what was changed in the panel before is kept."""
        async with self._saving:
            return

    async def choose(self, model: str | None) -> None:
        """Another model. Raises NotFound (`model_not_found`)."""
        if (conversation := self._page.conversation) is None:
            self._new_model = model
        else:
            self._keep(
                await self._services.conversations.update(self._user, conversation.id, ConversationUpdate(model=model))
            )
        self._page.settings_changed()

    async def apply(self, model: str | None, settings: ChatSettings) -> None:
        """All of it at once. Raises NotFound (`model_not_found`)."""
        if model is not None:
            self._services.backends.by_name(model)
        if (conversation := self._page.conversation) is None:
            self._beginning, self._new_model = settings, model
        else:
            update = ConversationUpdate(model=model, **_fields(settings))
            self._keep(await self._services.conversations.update(self._user, conversation.id, update))
        self._page.settings_changed()

    def _offers(self, model: str | None) -> bool:
        return model is None or model in {backend.name for backend in self._services.backends.all()}

    def _keep(self, changed: ConversationView) -> None:
        if self._page.conversation is not None and self._page.conversation.id == changed.id:
            self._page.conversation = changed

    async def _on_save(self, event: GenericEventArguments) -> None:
        async with self._saving:
            self._number = int(event.args["number"])
            await self._safely.run(lambda: self._save(event.args))

    async def _save(self, args: dict[str, Any]) -> None:
        try:
            settings = ChatSettings(system_prompt=args["system_prompt"], params=args["params"])
        except ValidationError as error:
            name = str(error.errors()[0]["loc"][-1])
            raise Invalid("A parameter is wrong.", code="form_invalid", field=name) from None
        subject = str(args["subject"])
        if subject:
            update = ConversationUpdate(**_fields(settings))
            self._keep(await self._services.conversations.update(self._user, UUID(subject), update))
        elif self._page.conversation is None:
            self._beginning = settings
        if subject == self._shown[0]:
            # It is what the fields say already.
            self._shown = self._given()
            self.panel.accept(self._number, self._shown[2])
        self._page.settings_changed()

    def _refuse(self, error: AppError) -> None:
        name = str(error.params.get("field", ""))
        self.panel.refuse(self._number, name, words_for(self._t, error))

    async def _on_count(self, event: GenericEventArguments) -> None:
        text = str(event.args)
        count = await self._services.counting.system_prompt(text, self.model) if text.strip() else None
        self.panel.show_cost(tokens_words(self._t, count))

    async def _on_shown(self, event: GenericEventArguments) -> None:
        if event.args:
            self._default = await self._services.defaults.in_force()
            self.show()
            await self._presets.refresh()


def tokens_words(t: Translator, count: Count | None) -> str:
    """“12 tokens”, or “about 12 tokens” where only an estimate is known."""
    if count is None:
        return ""
    return t("token_count" if count.exact else "token_count_about", count=f"{count.tokens:,}")


def _settings(preset: PresetView) -> ChatSettings:
    return ChatSettings(system_prompt=preset.system_prompt, params=preset.params)


def _with_prompt(settings: ChatSettings, prompt: str | None) -> ChatSettings:
    return settings.model_copy(update={"system_prompt": prompt})


def _fields(settings: ChatSettings) -> dict[str, Any]:
    return {"system_prompt": settings.system_prompt, "params": settings.params}
