"""The dialogs of a new API key: what it is for, and the key itself, which is shown only then."""

from datetime import timedelta

from nicegui import ui

from app.auth.access import ROLES, Scope
from app.auth.schemas import KeyCreate, KeyCreated
from app.db import now
from ui.components.settings_form import FormDialog, Values, checked, field
from ui.components.settings_once import Secret, show_once
from ui.components.settings_visit import Visit
from ui.elements import text

SCOPES: tuple[Scope, ...] = ("chat", "read", "admin")
CHOSEN: frozenset[Scope] = frozenset(("chat", "read"))
# Days until a key ends; 0: never.
EXPIRIES = (0, 30, 90, 365)
USUAL_EXPIRY = 90


async def ask_new_key(visit: Visit) -> KeyCreated | None:
    """The new key, or None when the person has thought better of it."""
    t = visit.t
    dialog = FormDialog(visit, t("new_key"), t("new_key_text"), t("create_key"))
    with dialog.fields:
        name = field(t("key_name"), "name", hint=t("key_name_hint"), autocomplete="off", maxlength=100)
        name.props("autofocus data-autofocus")
        _scope_fields(visit)
        _expiry_field(visit)

    async def create(values: Values) -> KeyCreated:
        return await visit.services.keys.create(visit.user, _body(values))

    created: KeyCreated | None = await dialog.answer(create)
    return created


def _scope_fields(visit: Visit) -> None:
    t = visit.t
    with ui.element("fieldset").classes("checks"):
        text(t("key_scopes"), tag="legend")
        for scope in SCOPES:
            if scope not in ROLES[visit.user.role]:
                continue
            with ui.element("label").classes("check"):
                box = ui.element("input").props(f"type=checkbox name=scope_{scope} value=yes tabindex=0")
                box.props["checked"] = scope in CHOSEN
                with ui.element("span"):
                    text(t(f"scope_{scope}"), tag="strong")
                    text(t(f"scope_{scope}_text"), tag="small")


def _expiry_field(visit: Visit) -> None:
    t = visit.t
    with ui.element("label").classes("field"):
        text(t("key_expiry"))
        with ui.element("select").classes("input").props("name=days tabindex=0"):
            for days in EXPIRIES:
                option = text(t("expiry_days", days=days) if days else t("expiry_never"), tag="option")
                option.props.update(value=str(days), selected=days == USUAL_EXPIRY)


def _body(values: Values) -> KeyCreate:
    days = values.get("days", "")
    ends = now() + timedelta(days=int(days)) if days in {str(one) for one in EXPIRIES if one} else None
    scopes = [scope for scope in SCOPES if f"scope_{scope}" in values]
    return checked(KeyCreate, name=values.get("name", ""), scopes=scopes, expires_at=ends)


async def show_new_key(visit: Visit, created: KeyCreated) -> None:
    """The key, and a call to try it with."""
    t = visit.t
    secrets = [Secret("new-key", t("key_itself"), created.key)]
    if example := example_call(visit.visitor.base, created):
        secrets.append(Secret("new-key-example", t("key_example"), example))
    await show_once(visit, t("key_made"), t("key_only_now"), secrets)


def example_call(address: str, created: KeyCreated) -> str:
    """A call that this key may make, ready for a shell; empty when there is none to show."""
    bearer = f'-H "Authorization: Bearer {created.key}"'
    if "chat" in created.scopes:
        lines = [
            f"curl {address}/api/chat",
            bearer,
            '-H "Accept: application/json" -H "Content-Type: application/json"',
            """-d '{"content": "Hello"}'""",
        ]
    elif "read" in created.scopes:
        lines = [f"curl {address}/api/conversations", bearer]
    else:
        return ""
    return " \\\n  ".join(lines)
