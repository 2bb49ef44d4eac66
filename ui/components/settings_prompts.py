"""Section “Prompts”: the texts that are at hand where messages are written."""

from nicegui import ui

from app.library.schemas import MAX_NAME_CHARS, MAX_PROMPT_CHARS, PromptCreate, PromptUpdate, PromptView
from ui.components.dialogs import confirm
from ui.components.safely import Safely
from ui.components.settings_form import FormDialog, Values, checked, field
from ui.components.settings_loaded import Loaded
from ui.components.settings_visit import Visit
from ui.elements import button, named, text

LINE_CHARS = 160


class PromptsSection:
    """By title."""

    def __init__(self, visit: Visit, safely: Safely) -> None:
        self._visit, self._safely = visit, safely
        self._new = button(visit.t("new_prompt"), safely(self._create), classes="button primary", symbol="new")
        self._prompts = Loaded(visit, self._read, self._draw)
        self.refresh = self._prompts.refresh

    async def _read(self) -> list[PromptView]:
        return (await self._visit.services.library.prompts(self._visit.user)).items

    def _draw(self, prompts: list[PromptView]) -> None:
        t = self._visit.t
        if not prompts:
            text(t("prompts_empty_text"), "empty-note", "p")
            return
        with named(ui.element("ul").classes("keys"), t("settings_prompts")):
            for prompt in prompts:
                self._row(prompt)

    def _row(self, prompt: PromptView) -> None:
        t = self._visit.t

        async def change() -> None:
            await self._change(prompt, changer)

        async def delete() -> None:
            await self._delete(prompt, deleter)

        with ui.element("li"):
            with ui.element("div").classes("row-words"):
                text(prompt.title, tag="strong")
                text(" ".join(prompt.text[: 2 * LINE_CHARS].split())[:LINE_CHARS], "row-line", "p")
            with ui.element("div").classes("row-buttons"):
                changer = button(t("edit"), self._safely(change), classes="button")
                named(changer, f"{t('edit')}: {prompt.title}")
                deleter = button(t("delete"), self._safely(delete), classes="button")
                named(deleter, f"{t('delete')}: {prompt.title}")

    async def _create(self) -> None:
        async def create(values: Values) -> PromptView:
            body = checked(PromptCreate, title=values.get("title", ""), text=values.get("text", ""))
            return await self._visit.services.library.create_prompt(self._visit.user, body)

        if await _ask(self._visit, "new_prompt", None).answer(create) is not None:
            await self.refresh()
        self._visit.focus(self._new)

    async def _change(self, prompt: PromptView, opener: ui.element) -> None:
        async def change(values: Values) -> PromptView:
            body = checked(PromptUpdate, title=values.get("title", ""), text=values.get("text", ""))
            return await self._visit.services.library.update_prompt(self._visit.user, prompt.id, body)

        if await _ask(self._visit, "edit_prompt", prompt).answer(change) is None:
            self._visit.focus(opener)
        else:
            await self.refresh()
            self._visit.focus(self._new)

    async def _delete(self, prompt: PromptView, opener: ui.element) -> None:
        t = self._visit.t
        with self._visit.client.layout:
            sure = await confirm(t, t("delete_prompt_title"), prompt.title, t("delete_prompt_text"), t("delete"))
        if not sure:
            self._visit.focus(opener)
            return
        await self._safely.run(lambda: self._visit.services.library.delete_prompt(self._visit.user, prompt.id))
        await self.refresh()
        self._visit.focus(self._new)


def _ask(visit: Visit, title: str, prompt: PromptView | None) -> FormDialog:
    t = visit.t
    dialog = FormDialog(visit, t(title), t("prompt_blanks"), t("save"))
    with dialog.fields:
        name = field(t("prompt_title"), "title", autocomplete="off", maxlength=MAX_NAME_CHARS)
        name.props("autofocus data-autofocus")
        with ui.element("label").classes("field"):
            text(t("prompt_text"))
            area = ui.element("textarea").classes("input").props("name=text rows=7 tabindex=0")
            area.props["maxlength"] = MAX_PROMPT_CHARS
    if prompt is not None:
        # `value` would be written back by every later update of the page; the default value is not.
        name.props["defaultValue"] = prompt.title
        area.props["defaultValue"] = prompt.text
    return dialog
