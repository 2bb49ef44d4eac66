"""The languages of the page, of which one is chosen."""

from nicegui import ui

from ui.elements import named, text
from ui.i18n import LANGUAGES, Translator


def language_switch(t: Translator) -> None:
    """Links: the language needs the page anew."""
    with named(ui.element("div").classes("segments").props("role=group"), t("language")):
        for code, name in LANGUAGES.items():
            link = text(name, "segment", "a")
            # Relative: the same page in the other language.
            link.props.update(href=f"?lang={code}", lang=code)
            link.props["aria-current"] = str(code == t.language).lower()
