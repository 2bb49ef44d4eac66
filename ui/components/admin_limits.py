"""The dialog of one user's own limits."""

from app.limits.schemas import LimitsUpdate
from ui.components.settings_form import FormDialog, Values, checked, field
from ui.components.settings_visit import Visit

NUMBERS = ("tokens_per_minute", "tokens_per_day", "concurrent")


async def ask_limits(visit: Visit, subject: str, name: str) -> None:
    """Empty fields: what is more general counts. All empty: no limits of their own."""
    t, limits = visit.t, visit.services.limits.administration
    everything = await limits.list()
    own = next((item for item in everything.items if item.subject == subject), None)
    dialog = FormDialog(visit, t("limits"), f"{name}: {t('limits_text')}", t("save"))
    with dialog.fields:
        for key in ("requests", *NUMBERS):
            usual = getattr(everything.default, key)
            set_ = getattr(own, key) if own else None
            element = field(t(f"limit_{key}"), key, autocomplete="off", placeholder=usual, maxlength=32)
            element.props["defaultValue"] = "" if set_ is None else str(set_)

    async def save(values: Values) -> bool:
        given = {key: value for key in ("requests", *NUMBERS) if (value := values.get(key, "").strip())}
        update = checked(LimitsUpdate, **given)
        if given:
            await limits.set(visit.user, subject, update)
        elif own is not None:
            await limits.remove(visit.user, subject)
        return True

    await dialog.answer(save)
