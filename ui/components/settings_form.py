"""A dialog with fields that stays open, with the words of what is wrong, until it is answered or left."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from nicegui import ui
from nicegui.events import GenericEventArguments
from pydantic import BaseModel, ValidationError

from app.errors import Invalid
from ui.components.notice import Notice
from ui.components.settings_visit import Visit
from ui.elements import button, named, text

Values = dict[str, str]
M = TypeVar("M", bound=BaseModel)

_SUBMIT = "(event) => { event.preventDefault(); emit(Object.fromEntries(new FormData(event.target))); }"
# The second click of a double click would submit once more.
_ONE_CLICK = "(event) => { if (event.detail > 1) event.preventDefault(); }"


def checked(model: type[M], /, **values: Any) -> M:
    """The body of a service call. Raises Invalid; the page is not the only one who can send events."""
    try:
        return model(**values)
    except ValidationError as error:
        raise Invalid("The form was filled in wrongly.", code="form_invalid") from error


class FormDialog:
    """`with dialog.fields:` holds the fields; `await dialog.answer(action)` is what the action returned, or None.

    `action` gets the values by field name; an error that it raises is told in the dialog.
    """

    def __init__(self, visit: Visit, title: str, lead: str, submit: str, *, danger: bool = False) -> None:
        self._visit, self._busy = visit, False
        t = visit.t
        with visit.client.layout, ui.dialog() as self._dialog, ui.element("div").classes("dialog"):
            text(title, tag="h2")
            text(lead, tag="p")
            self._form = ui.element("form").classes("form").props("novalidate")
            with self._form:
                self.fields = ui.element("div").classes("form-fields")
                self._notice = Notice(t)
                with ui.element("div").classes("dialog-buttons"):
                    button(t("cancel"), self._dialog.close)
                    kind = "button danger" if danger else "button primary"
                    with ui.element("button").classes(kind).props("type=submit") as submitter:
                        text(submit)
                    submitter.on("click", js_handler=_ONE_CLICK)
        named(self._dialog, title)

    async def answer(self, action: Callable[[Values], Awaitable[Any]]) -> Any:
        """Open it and wait."""

        async def on_submit(event: GenericEventArguments) -> None:
            if self._busy:
                return
            self._busy = True
            self._notice.clear()
            try:
                await self._visit.safely(self._notice.show).run(lambda: submit(_texts(event.args)))
            finally:
                self._busy = False

        async def submit(values: Values) -> None:
            self._dialog.submit(await action(values))

        self._form.on("submit", on_submit, js_handler=_SUBMIT)
        try:
            return await self._dialog
        finally:
            if not self._dialog.is_deleted:
                self._dialog.delete()


def _texts(values: Any) -> Values:
    return {str(name): str(value) for name, value in values.items()} if isinstance(values, dict) else {}


def field(label: str, name: str, kind: str = "text", hint: str | None = None, **attributes: Any) -> ui.element:
    """A labelled input; `attributes` are those of HTML, with `_` for `-`."""
    with ui.element("label").classes("field"):
        text(label)
        element = ui.element("input").props(f"type={kind} name={name} tabindex=0")
        element.props.update({key.replace("_", "-"): value for key, value in attributes.items()})
        if hint:
            text(hint, tag="small")
    return element


def password_field(label: str, name: str = "password", *, new: bool = False, hint: str | None = None) -> ui.element:
    """A password that managers recognise as the present or a new one."""
    return field(
        label, name, "password", hint, autocomplete="new-password" if new else "current-password", maxlength=256
    )
