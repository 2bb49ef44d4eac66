"""Questions that need an answer before something is changed."""

from typing import Any

from nicegui import ui

from ui.elements import button, named, text
from ui.feedback import MAX_TITLE_CHARS
from ui.i18n import Translator

_FORM_NAME = "(event) => { event.preventDefault(); emit(new FormData(event.target).get('name')); }"


async def ask_title(t: Translator, title: str) -> str | None:
    """The new title of a conversation, or None."""
    return await ask_name(t, t("rename_title"), t("rename_label"), title, MAX_TITLE_CHARS)


async def ask_name(t: Translator, question: str, label: str, name: str, longest: int) -> str | None:
    """The new name of something, or None."""
    with ui.dialog() as dialog, ui.element("div").classes("dialog"):
        text(question, tag="h2")
        name_form(t, dialog, label, name, longest, action=t("save"))
    named(dialog, question)
    given = await answer(dialog)
    return None if given is None else str(given)


def name_form(
    t: Translator, dialog: ui.dialog, label: str, name: str, longest: int, *, action: str, focus: bool = True
) -> None:
    """A field inside the dialog, which the name in it answers."""
    with ui.element("form") as form:
        field = ui.element("input").classes("input").props("name=name required autocomplete=off")
        if focus:
            field.props("autofocus data-autofocus tabindex=0")
        # `value` would be written back by every later update of the page; the default value is not.
        field.props.update(defaultValue=name, maxlength=longest)
        named(field, label)
        if not focus:
            field.props["placeholder"] = label
        with ui.element("div").classes("dialog-buttons"):
            button(t("cancel"), dialog.close)
            with ui.element("button").classes("button primary").props("type=submit"):
                text(action)
    form.on("submit", lambda event: dialog.submit(event.args), js_handler=_FORM_NAME)


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
    return bool(await answer(dialog))


async def answer(dialog: ui.dialog) -> Any:
    """What it is closed with; None without."""
    try:
        return await dialog
    finally:
        if not dialog.is_deleted:
            dialog.delete()
