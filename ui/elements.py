"""Plain HTML elements with a name: the few shapes that all components are made of."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement
from nicegui.events import GenericEventArguments

from ui.theme import icon

# The second click of a double click is not a second wish.
ONCE = "(event) => event.detail < 2 && emit()"

Handler = Callable[[], Any] | Callable[[GenericEventArguments], Any]


def text(content: str, classes: str = "", tag: str = "span") -> TextElement:
    """An element with text."""
    return TextElement(text=content, tag=tag).classes(classes)


def set_text(element: TextElement, content: str) -> None:
    """Change it, if it changes."""
    if element.text != content:
        element.set_text(content)


def named(element: ui.element, name: str, *, title: bool = False) -> ui.element:
    """Give an element the name that assistive technology reads."""
    element.props["aria-label"] = name
    if title:
        element.props["title"] = name
    return element


def button(name: str, on_click: Handler | None, *, classes: str = "button", symbol: str | None = None) -> ui.element:
    """A button with visible text, and a decorative icon before it."""
    element = ui.element("button").classes(classes).props("type=button")
    if on_click is not None:
        element.on("click", on_click)
    with element:
        if symbol:
            icon(symbol)
        text(name, "label")
    return element


def icon_button(name: str, symbol: str, *, classes: str = "icon-button") -> ui.element:
    """A button that shows only an icon; its name is its label and tooltip."""
    element = named(ui.element("button").classes(classes).props("type=button"), name, title=True)
    with element:
        icon(symbol)
    return element


def menu(name: str, classes: str = "menu") -> ui.menu:
    """What a button opens. A group of buttons and links, as which assistive technology knows them, and not Quasar's
    `menu`, which may hold nothing but menu items."""
    element = ui.menu().props("role=group").classes(classes)
    named(element, name)
    return element


def link(href: str, on_visit: Callable[[], Awaitable[None]], classes: str = "") -> ui.element:
    """A real link that the page follows without loading anew; other tabs and windows work as ever."""
    element = ui.element("a").classes(classes)
    element.props["href"] = href
    return element.on("click", on_visit, js_handler="(event) => shell.takes(event) && emit()")
