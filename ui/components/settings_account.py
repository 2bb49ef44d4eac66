"""Section “Account”: who I am, and what I can change about it."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from app.auth.passwords import MIN_LENGTH
from app.auth.schemas import UserUpdate, UserView
from app.errors import Invalid
from ui.components.safely import Safely
from ui.components.settings_form import FormDialog, Values, checked, field, password_field
from ui.components.settings_loaded import Loaded
from ui.components.settings_visit import Visit, facts
from ui.elements import button, text


async def change_password(visit: Visit) -> bool:
    """Ask, and change it. True when it is done."""
    t = visit.t
    dialog = FormDialog(visit, t("change_password"), t("sign_in_after"), t("change_password_button"))
    with dialog.fields:
        _username_field(visit)
        password_field(t("current_password"), "current").props("autofocus data-autofocus")
        password_field(t("new_password"), "new", new=True, hint=t("password_hint", min=MIN_LENGTH))

    async def change(values: Values) -> bool:
        await _update(visit, values, password=values.get("new", ""))
        return True

    return bool(await dialog.answer(change))


async def change_email(visit: Visit) -> bool:
    """Ask, and change it. True when it is done."""
    t = visit.t
    dialog = FormDialog(visit, t("change_email"), t("sign_in_after"), t("change_email_button"))
    with dialog.fields:
        new = field(t("new_email"), "email", "email", autocomplete="email", inputmode="email", maxlength=320)
        new.props("autofocus data-autofocus")
        password_field(t("current_password"), "current")

    async def change(values: Values) -> bool:
        await _update(visit, values, email=values.get("email", ""))
        return True

    return bool(await dialog.answer(change))


async def _update(visit: Visit, values: Values, **change: str) -> None:
    body = checked(UserUpdate, current_password=values.get("current", ""), **change)
    await visit.services.accounts.update(visit.user, body, visit.visitor)


async def sign_out_everywhere(visit: Visit) -> bool:
    """Ask, and end every session. True when it is done."""
    t = visit.t
    dialog = FormDialog(visit, t("sign_out_everywhere"), t("sign_out_everywhere_sure"), t("sign_out_everywhere_button"))

    async def sign_out(_: Values) -> bool:
        await visit.services.accounts.sign_out_everywhere(visit.user)
        return True

    return bool(await dialog.answer(sign_out))


async def delete_account(visit: Visit) -> bool:
    """Ask for the password and for the address, and delete everything. True when it is done."""
    t = visit.t
    dialog = FormDialog(visit, t("delete_account"), t("delete_account_sure"), t("delete_account_for_ever"), danger=True)
    with dialog.fields:
        hint = t("delete_account_hint", email=visit.user.email)
        typed = field(t("delete_account_confirm"), "confirm", hint=hint, autocomplete="off", maxlength=320)
        typed.props("autofocus data-autofocus spellcheck=false autocapitalize=none")
        password_field(t("current_password"), "current")

    async def delete(values: Values) -> bool:
        if values.get("confirm", "").strip().lower() != visit.user.email:
            raise Invalid("The typed address is not that of the account.", code="confirmation_differs")
        await visit.services.accounts.delete(visit.user, values.get("current", ""))
        await visit.services.generations.stop_all_of(visit.user.id)
        return True

    return bool(await dialog.answer(delete))


def _username_field(visit: Visit) -> None:
    """Hidden: it tells password managers whose password it is."""
    element = ui.element("input").props("type=text name=username autocomplete=username hidden")
    # `value` would be written back by every later update of the page; the default value is not.
    element.props["defaultValue"] = visit.user.email


_CHANGES: dict[str, Callable[[Visit], Awaitable[bool]]] = {
    "change_password": change_password,
    "change_email": change_email,
    "sign_out_everywhere": sign_out_everywhere,
    "delete_account": delete_account,
}


class AccountSection:
    """Every change of the account ends all sessions: afterwards one signs in again."""

    def __init__(self, visit: Visit, safely: Safely) -> None:
        self._visit = visit
        self._profile = Loaded(visit, self._read, self._draw)
        self.refresh = self._profile.refresh
        with ui.element("ul").classes("actions"):
            for key in _CHANGES:
                _action(visit, safely, key)

    async def _read(self) -> UserView:
        return await self._visit.services.auth.profile(self._visit.user)

    def _draw(self, profile: UserView) -> None:
        t = self._visit.t
        facts(
            [
                (t("email"), profile.email),
                (t("role"), t(f"role_{profile.role}")),
                (t("member_since"), self._visit.day(profile.created_at)),
            ]
        )


def _action(visit: Visit, safely: Safely, key: str) -> None:
    async def change() -> None:
        if await _CHANGES[key](visit):
            visit.leave()
        else:
            visit.focus(opener)

    with ui.element("li"):
        with ui.element("div"):
            text(visit.t(key), tag="h3")
            text(visit.t(f"{key}_text"), tag="p")
        classes = "button danger-quiet" if key == "delete_account" else "button"
        opener = button(visit.t(f"{key}_button"), safely(change), classes=classes)
