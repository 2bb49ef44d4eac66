"""Section “Appearance”: language and theme of this browser."""

from nicegui import ui

from ui.components.language_switch import language_switch
from ui.components.settings_visit import Visit
from ui.elements import text
from ui.theme import theme_of, theme_switch


def look_section(visit: Visit) -> None:
    """The browser keeps both in cookies."""
    t = visit.t
    with ui.element("ul").classes("actions"):
        with ui.element("li"):
            with ui.element("div"):
                text(t("theme"), tag="h3")
                text(t("theme_text"), tag="p")
            theme_switch(t, theme_of(visit.client.request), words=True)
        with ui.element("li"):
            with ui.element("div"):
                text(t("language"), tag="h3")
                text(t("language_text"), tag="p")
            language_switch(t)
