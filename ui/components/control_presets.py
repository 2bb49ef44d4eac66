"""The presets in the panel “Chat settings”."""

from collections.abc import Awaitable, Callable
from typing import Protocol
from uuid import UUID

from nicegui import ui
from nicegui.events import GenericEventArguments
from pydantic import ValidationError

from app.auth.current import CurrentUser
from app.conversations.schemas import ChatSettings
from app.errors import AppError, Invalid
from app.library.schemas import PresetCreate, PresetUpdate, PresetView
from app.services import Services
from ui.components.control_elements import PresetBar
from ui.components.safely import Safely
from ui.feedback import words_for
from ui.i18n import Translator


class Control(Protocol):
    """What the presets are of."""

    @property
    def model(self) -> str | None:
        """The model that answers here."""

    @property
    def chosen(self) -> ChatSettings:
        """System prompt and parameters that were chosen here."""

    async def settled(self) -> None:
        """Until what was changed before is kept."""

    async def apply(self, model: str | None, settings: ChatSettings) -> None:
        """All of it at once."""


class Presets:
    """Read when the panel is opened."""

    def __init__(self, t: Translator, user: CurrentUser, services: Services, control: Control) -> None:
        self._t, self._user, self._library, self._control = t, user, services.library, control
        self._presets: list[PresetView] = []
        self._safely = Safely(ui.context.client.request, user, self._tell)
        self._bar = PresetBar(t)
        for event, action in (
            ("choose", self._choose), ("keep", self._keep), ("mark", self._mark), ("remove", self._remove)
        ):  # fmt: skip
            self._bar.on(event, self._handler(action))

    async def refresh(self) -> None:
        """Read them."""
        await self._safely.run(self._read)

    def mark(self) -> None:
        """Which of them the settings are like now."""
        like = (self._control.model, self._control.chosen)
        chosen = next((str(one.id) for one in self._presets if _content(one) == like), "")
        self._bar.show(self._presets, chosen)

    async def _read(self) -> None:
        self._presets = (await self._library.presets(self._user)).items
        self.mark()

    def _handler(
        self, action: Callable[[object], Awaitable[str]]
    ) -> Callable[[GenericEventArguments], Awaitable[None]]:
        async def handler(event: GenericEventArguments) -> None:
            async def act() -> None:
                said = await action(event.args)
                await self._read()
                self._bar.say(said)

            if not await self._safely.run(act):
                self.mark()

        return handler

    async def _choose(self, preset_id: object) -> str:
        preset = next((one for one in self._presets if str(one.id) == preset_id), None)
        if preset is None:
            return ""
        await self._control.apply(*_content(preset))
        return self._t("preset_taken", name=preset.name)

    async def _keep(self, args: object) -> str:
        assert isinstance(args, dict)
        await self._control.settled()
        model, settings = self._control.model, self._control.chosen
        content = {"model": model, "system_prompt": settings.system_prompt, "params": settings.params}
        try:
            body = PresetCreate(name=args["name"], **content)
        except ValidationError:
            raise Invalid("The name is empty or too long.", code="form_invalid") from None
        if args["id"]:
            await self._library.update_preset(self._user, UUID(args["id"]), PresetUpdate(**content))
        else:
            await self._library.create_preset(self._user, body)
        return self._t("preset_saved", name=body.name)

    async def _mark(self, args: object) -> str:
        assert isinstance(args, dict)
        default = bool(args["is_default"])
        preset = await self._library.update_preset(self._user, UUID(args["id"]), PresetUpdate(is_default=default))
        return self._t("preset_begins" if default else "preset_no_longer_begins", name=preset.name)

    async def _remove(self, preset_id: object) -> str:
        await self._library.delete_preset(self._user, UUID(str(preset_id)))
        return self._t("preset_deleted")

    def _tell(self, error: AppError) -> None:
        self._bar.say(words_for(self._t, error), wrong=True)


def _content(preset: PresetView) -> tuple[str | None, ChatSettings]:
    return preset.model, ChatSettings(system_prompt=preset.system_prompt, params=preset.params)
