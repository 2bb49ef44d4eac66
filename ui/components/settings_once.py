"""What is shown only once: it goes by the button, not by a click beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

from nicegui import ui

from ui.components.settings_visit import Visit
from ui.elements import button, named, text
from ui.theme import icon


@dataclass(frozen=True, slots=True)
class Secret:
    """A text to copy; `id` is that of its element."""

    id: str
    label: str
    content: str


async def show_once(visit: Visit, title: str, warning: str, secrets: Sequence[Secret]) -> None:
    """Wait until the person says that it is kept."""
    t = visit.t
    with visit.client.layout, ui.dialog().props("persistent") as dialog, ui.element("div").classes("dialog wide"):
        text(title, tag="h2")
        with ui.element("p").classes("warning"):
            icon("alert")
            text(warning)
        for secret in secrets:
            copyable(visit, secret)
        with ui.element("div").classes("dialog-buttons"):
            done = button(t("secret_kept"), lambda: dialog.submit(True), classes="button primary")
            done.props("data-autofocus")
    named(dialog, title)
    await dialog
    if not dialog.is_deleted:
        dialog.delete()


def copyable(visit: Visit, secret: Secret) -> None:
    """A text in a box with a button that copies it."""
    t = visit.t
    with ui.element("div").classes("copyable"):
        with ui.element("div").classes("copyable-head"):
            text(secret.label, tag="h3")
            copier = button(t("copy"), None, classes="tool", symbol="copy").props(f"data-copy-from={secret.id}")
            named(copier, f"{t('copy')}: {secret.label}").props["data-said"] = t("copied")
            text("", "sr-only").props("role=status")
        # It may scroll, so the keyboard must be able to get there.
        named(text(secret.content, tag="pre").props(f"id={secret.id} tabindex=0 role=group"), secret.label)
