"""What the user has asked: plain text in a soft bubble, on the right."""

from nicegui import ui

from ui.elements import named, text
from ui.i18n import Translator

LONG = 1_500


def question(t: Translator, content: str) -> ui.element:
    """Long ones are folded by CSS until they are asked for."""
    article = named(ui.element("article").classes("question"), t("you"))
    with article:
        if len(content) <= LONG and content.count("\n") < 24:
            text(content, "bubble", "div")
        else:
            with ui.element("details").classes("bubble folded"):
                text(content[:LONG].rpartition(" ")[0] + " …", "fold-head", "summary")
                text(content, "fold-body", "div")
    return article
