"""Section “Appearance”: language and theme of this browser."""

from nicegui import ui

from ui.components.settings_visit import Visit
from ui.elements import named, text
from ui.i18n import LANGUAGES
from ui.theme import theme_switch


def look_section(visit: Visit) -> None:
    """The browser keeps both in cookies; the language needs the page anew."""
    t = visit.t
    with ui.element("ul").classes("actions"):
        with ui.element("li"):
            with ui.element("div"):
                text(t("theme"), tag="h3")
                text(t("theme_text"), tag="p")
            theme_switch(t)
        with ui.element("li"):
            with ui.element("div"):
                text(t("language"), tag="h3")
                text(t("language_text"), tag="p")
            with named(ui.element("div").classes("segments").props("role=group"), t("language")):
                for code, name in LANGUAGES.items():
                    link = text(name, "segment", "a")
                    link.props.update(href=f"?lang={code}", lang=code)
                    link.props["aria-current"] = str(code == t.language).lower()
