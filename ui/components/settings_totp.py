"""Section “Two-factor sign-in”: codes of an authenticator app, on and off."""

from nicegui import ui

from app.auth.schemas import RecoveryCodes, TotpConfirm, TotpPending, TotpRemove, UserDelete
from ui.components.safely import Safely
from ui.components.settings_form import FormDialog, Values, checked, field, password_field
from ui.components.settings_loaded import Loaded
from ui.components.settings_once import Secret, copyable, show_once
from ui.components.settings_visit import Visit
from ui.elements import button, text


class TotpSection:
    """Whether it is on, and the button that changes that."""

    def __init__(self, visit: Visit, safely: Safely) -> None:
        self._visit, self._safely = visit, safely
        self._state = Loaded(visit, self._read, self._draw)
        self.refresh = self._state.refresh

    async def _read(self) -> bool:
        return (await self._visit.services.auth.profile(self._visit.user)).totp_enabled

    def _draw(self, enabled: bool) -> None:
        t = self._visit.t
        with ui.element("ul").classes("actions"), ui.element("li"):
            with ui.element("div"):
                text(t("totp_is_on" if enabled else "totp_is_off"), tag="h3")
                text(t("totp_is_on_text" if enabled else "totp_is_off_text"), tag="p")
            change = self._safely(self._turn_off if enabled else self._turn_on)
            self._button = button(t("totp_turn_off" if enabled else "totp_turn_on"), change)

    async def _turn_on(self) -> None:
        pending = await _begin(self._visit)
        codes = await _confirm(self._visit, pending) if pending is not None else None
        if codes is not None:
            await self.refresh()
            t = self._visit.t
            secret = Secret("recovery-codes", t("recovery_codes"), "\n".join(codes.recovery_codes))
            await show_once(self._visit, t("totp_is_on"), t("recovery_codes_text"), [secret])
        self._visit.focus(self._button)

    async def _turn_off(self) -> None:
        if await _remove(self._visit):
            await self.refresh()
        self._visit.focus(self._button)


async def _begin(visit: Visit) -> TotpPending | None:
    t = visit.t
    dialog = FormDialog(visit, t("totp_turn_on"), t("totp_password_text"), t("next"))
    with dialog.fields:
        password_field(t("current_password")).props("autofocus data-autofocus")

    async def begin(values: Values) -> TotpPending:
        body = checked(UserDelete, password=values.get("password", ""))
        return await visit.services.totp.begin(visit.user, body.password)

    pending: TotpPending | None = await dialog.answer(begin)
    return pending


async def _confirm(visit: Visit, pending: TotpPending) -> RecoveryCodes | None:
    t = visit.t
    dialog = FormDialog(visit, t("totp_turn_on"), t("totp_scan_text"), t("totp_turn_on"))
    with dialog.fields:
        image = ui.element("img").classes("qr").props("width=200 height=200")
        image.props.update(src=pending.qr_svg, alt=t("totp_qr"))
        copyable(visit, Secret("totp-secret", t("totp_secret"), pending.secret))
        _code_field(t("totp_code"), t("totp_code_hint")).props("autofocus data-autofocus inputmode=numeric")

    async def confirm(values: Values) -> RecoveryCodes:
        body = checked(TotpConfirm, code=values.get("code", ""))
        return await visit.services.totp.confirm(visit.user, body.code)

    codes: RecoveryCodes | None = await dialog.answer(confirm)
    return codes


async def _remove(visit: Visit) -> bool:
    t = visit.t
    dialog = FormDialog(visit, t("totp_turn_off"), t("totp_turn_off_text"), t("totp_turn_off"), danger=True)
    with dialog.fields:
        password_field(t("current_password")).props("autofocus data-autofocus")
        _code_field(t("totp_code"), t("totp_or_recovery_hint"))

    async def remove(values: Values) -> bool:
        body = checked(TotpRemove, password=values.get("password", ""), code=values.get("code", ""))
        await visit.services.totp.remove(visit.user, body.password, body.code)
        return True

    return bool(await dialog.answer(remove))


def _code_field(label: str, hint: str) -> ui.element:
    return field(label, "code", hint=hint, autocomplete="one-time-code", maxlength=40)
