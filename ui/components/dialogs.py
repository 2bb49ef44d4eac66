"""Questions that need an answer before something is changed."""

from typing import Any

from nicegui import ui

from ui.elements import button, named, text
from ui.feedback import MAX_TITLE_CHARS
from ui.i18n import Translator

_FORM_TITLE = "(event) => { event.preventDefault(); emit(new FormData(event.target).get('title')); }"


async def ask_title(t: Translator, title: str) -> str | None:
    """The new title of a conversation, or None."""
    with ui.dialog() as dialog, ui.element("div").classes("dialog"), ui.element("form") as form:
        text(t("rename_title"), tag="h2")
        field = ui.element("input").classes("input").props("name=title required autofocus data-autofocus tabindex=0")
        # `value` would be written back by every later update of the page; the default value is not.
        field.props.update(defaultValue=title, maxlength=MAX_TITLE_CHARS)
        named(field, t("rename_label"))
        with ui.element("div").classes("dialog-buttons"):
            button(t("cancel"), dialog.close)
            with ui.element("button").classes("button primary").props("type=submit"):
                text(t("save"))
    named(dialog, t("rename_title"))
    form.on("submit", lambda event: dialog.submit(event.args), js_handler=_FORM_TITLE)
    title = await _answer(dialog)
    return None if title is None else str(title)


async def confirm_delete(t: Translator, title: str) -> bool:
    """Whether the conversation is to go."""
    return await confirm(t, t("delete_title"), title, t("delete_text"), t("delete"))


async def confirm(t: Translator, question: str, subject: str, consequence: str, action: str) -> bool:
    """Whether something is to go for ever; `action` is the button that does it."""
    with ui.dialog() as dialog, ui.element("div").classes("dialog"):
        text(question, tag="h2")
        text(subject, "dialog-subject", "p")
        text(consequence, tag="p")
        with ui.element("div").classes("dialog-buttons"):
            button(t("cancel"), dialog.close)
            button(action, lambda: dialog.submit(True), classes="button danger")
    named(dialog, question)
    return bool(await _answer(dialog))


async def _answer(dialog: ui.dialog) -> Any:
    try:
        return await dialog
    finally:
        if not dialog.is_deleted:
            dialog.delete()
