"""Tables of the administration, and the choices above them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from nicegui import ui
from nicegui.events import GenericEventArguments

from ui.elements import named, text

Cell = str | Callable[[], None]


def table(name: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]], *, numbers: int) -> None:
    """The last `numbers` columns are figures. A cell is its text, or draws itself."""
    first_number = len(columns) - numbers
    with named(ui.element("div").classes("table-box").props("role=group tabindex=0"), name):
        with ui.element("table").classes("table"):
            with ui.element("thead"), ui.element("tr"):
                for index, column in enumerate(columns):
                    text(column, "number" if index >= first_number else "", "th").props("scope=col")
            with ui.element("tbody"):
                for row in rows:
                    with ui.element("tr"):
                        for index, cell in enumerate(row):
                            kind = "number" if index >= first_number else ""
                            if isinstance(cell, str):
                                text(cell, kind, "td")
                            else:
                                with ui.element("td").classes(kind):
                                    cell()


def choice(
    name: str, options: Mapping[str, str], chosen: str, on_choose: Callable[[str], Awaitable[None]]
) -> ui.element:
    """A select whose choice works at once. `options` are words by value."""
    with ui.element("label").classes("filter"):
        text(name)
        with ui.element("select").classes("input") as element:
            for value, words in options.items():
                option = text(words, tag="option")
                option.props["value"] = value
                option.props["selected"] = value == chosen

    async def choose(event: GenericEventArguments) -> None:
        if event.args in options:
            await on_choose(str(event.args))

    return element.on("change", choose, js_handler="(event) => emit(event.target.value)")


def search(name: str, on_search: Callable[[str], Awaitable[None]]) -> None:
    """A field that searches while one types."""

    async def found(event: GenericEventArguments) -> None:
        await on_search(str(event.args).replace("\x00", "").strip()[:200])

    with ui.element("label").classes("filter"):
        text(name)
        field = ui.element("input").classes("input").props("type=search autocomplete=off maxlength=200")
        field.on("input", found, throttle=0.3, leading_events=False, js_handler="(event) => emit(event.target.value)")


def number(value: float | None) -> str:
    """With separators; a dash for what is not known."""
    return "–" if value is None else f"{value:,.0f}"
