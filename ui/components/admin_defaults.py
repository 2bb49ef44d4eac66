"""Section “Defaults”: the system prompt and the model of conversations which choose none."""

from nicegui import ui

from app.conversations.schemas import MAX_SYSTEM_PROMPT_CHARS
from app.defaults.schemas import DefaultsUpdate, DefaultsView
from ui.components.safely import Safely
from ui.components.settings_form import FormDialog, Values, checked
from ui.components.settings_loaded import Loaded
from ui.components.settings_visit import Visit, facts
from ui.elements import button, text

FIRST = ""


class DefaultsSection:
    """They count for conversations that begin after the change."""

    def __init__(self, visit: Visit, safely: Safely) -> None:
        self._visit = visit
        self._loaded = Loaded(visit, self._read, self._draw)
        self.refresh = self._loaded.refresh
        button(visit.t("change_defaults"), safely(self._change), symbol="pen")

    async def _read(self) -> DefaultsView:
        return await self._visit.services.defaults.get(self._visit.user)

    def _draw(self, found: DefaultsView) -> None:
        t = self._visit.t
        model = found.model or self._first()
        with ui.element("div").classes("defaults"):
            facts([(t("default_model"), model), (t("system_prompt"), found.system_prompt or t("system_prompt_none"))])
            if not found.model_offered:
                text(t("default_model_gone", model=model), "model-detail", "p").props("role=status")

    async def _change(self) -> None:
        t, visit = self._visit.t, self._visit
        found = await self._read()
        dialog = FormDialog(visit, t("change_defaults"), t("defaults_text"), t("save"))
        with dialog.fields:
            with ui.element("label").classes("field"):
                text(t("system_prompt"))
                area = ui.element("textarea").classes("input").props("name=system_prompt rows=8 tabindex=0")
                area.props.update(defaultValue=found.system_prompt or "", maxlength=MAX_SYSTEM_PROMPT_CHARS)
            self._models(found)

        async def save(values: Values) -> DefaultsView:
            prompt = values.get("system_prompt", "").replace("\r\n", "\n")
            body = checked(DefaultsUpdate, system_prompt=prompt or None, model=values.get("model") or None)
            return await visit.services.defaults.set(visit.user, body)

        if await dialog.answer(save) is not None:
            await self.refresh()

    def _first(self) -> str:
        words, name = self._visit.t("model_first"), self._visit.services.backends.default.name
        return f"{words}: {name}" if name else words

    def _models(self, found: DefaultsView) -> None:
        """A model that is gone cannot be chosen again: the first one stands in its place."""
        t, backends = self._visit.t, self._visit.services.backends.all()
        with ui.element("label").classes("field"):
            text(t("default_model"))
            with ui.element("select").classes("input").props("name=model tabindex=0"):
                for backend in backends:
                    option = text(backend.entry or self._first(), tag="option")
                    option.props["value"] = backend.entry or FIRST
                    option.props["selected"] = (backend.entry or None) == found.model
