"""Section “Ratings”: what users think of answers, with their comments; the answers themselves are not shown."""

from typing import get_args
from urllib.parse import urlencode

from nicegui import ui

from app.feedback.repository import Filter
from app.feedback.schemas import FeedbackItem, FeedbackPage, Value
from ui.components.admin_paged import Paged
from ui.components.admin_people import People
from ui.components.admin_table import Cell, choice, number, table
from ui.components.settings_visit import Visit
from ui.elements import button, text
from ui.theme import icon

ALL = ""
FIGURES = ("completion_tokens", "ttft_ms", "total_ms")
COLUMNS = ("at", "user", "rating", "model", "comment", *FIGURES)


class FeedbackSection:
    """Newest first."""

    def __init__(self, visit: Visit) -> None:
        self._visit, self._people = visit, People(visit)
        self._value, self._model = ALL, ALL
        t = visit.t
        values = {ALL: t("all")} | {value: t(f"rating_{value}") for value in get_args(Value)}
        names = sorted({backend.name for backend in visit.services.backends.all() if backend.name})
        with ui.element("div").classes("filters"):
            choice(t("column_rating"), values, self._value, self._choose_value)
            choice(t("column_model"), {ALL: t("all")} | {name: name for name in names}, self._model, self._choose_model)
            button(t("refresh"), self.refresh, symbol="regenerate")
            with ui.element("a").classes("button").props("download") as self._file:
                icon("down")
                text(t("as_csv"), "label")
        self._paged = Paged(visit, self._read, self._draw, t("feedback_none"))

    async def refresh(self) -> None:
        """Read it anew."""
        query = urlencode({key: value for key, value in (("value", self._value), ("model", self._model)) if value})
        self._file.props["href"] = f"/api/admin/feedback.csv?{query}".rstrip("?")
        await self._paged.refresh()

    async def _choose_value(self, value: str) -> None:
        self._value = value
        await self.refresh()

    async def _choose_model(self, model: str) -> None:
        self._model = model
        await self.refresh()

    async def _read(self, cursor: str | None) -> FeedbackPage:
        wanted = Filter(self._value or None, self._model or None)
        page = await self._visit.services.feedback.page(self._visit.user, wanted, cursor)
        await self._people.learn(item.user_id for item in page.items)
        return page

    def _draw(self, items: list[FeedbackItem]) -> None:
        t = self._visit.t
        columns = [t(f"column_{name}") for name in COLUMNS]
        table(t("admin_feedback"), columns, [self._row(item) for item in items], numbers=len(FIGURES))

    def _row(self, item: FeedbackItem) -> list[Cell]:
        def rating() -> None:
            with ui.element("span").classes(f"rated {item.value}"):
                icon(f"thumb-{item.value}")
                text(self._visit.t(f"rating_{item.value}"))

        def comment() -> None:
            text(item.comment or "–", "cell-text")

        who = [self._visit.second(item.at), self._people.name(item.user_id)]
        return [*who, rating, item.model or "–", comment, *(number(getattr(item, figure)) for figure in FIGURES)]
