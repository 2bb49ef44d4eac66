"""The page before the first question: a greeting and a few questions that fit this service."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from ui.elements import ONCE, button, text
from ui.i18n import Translator

SUGGESTIONS = ("suggestion_1", "suggestion_2", "suggestion_3", "suggestion_4")


def welcome(t: Translator, ask: Callable[[str], Awaitable[None]]) -> ui.element:
    """`ask` sends a suggestion as if it had been typed."""

    def chosen(question: str) -> Callable[[], Awaitable[None]]:
        return lambda: ask(question)

    with ui.element("section").classes("welcome") as section:
        ui.element("span").classes("brand-mark large").props("aria-hidden=true")
        text(t("greeting"), tag="h2")
        text(t("greeting_text"), tag="p")
        with ui.element("div").classes("suggestions").props("role=group") as group:
            group.props["aria-label"] = t("suggestions")
            for key in SUGGESTIONS:
                button(t(key), None, classes="suggestion").on("click", chosen(t(key)), js_handler=ONCE)
    return section
