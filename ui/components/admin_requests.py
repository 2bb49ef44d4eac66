"""Section “Requests”: the request log with filters."""

from typing import get_args

from nicegui import ui

from app.request_log.repository import Filter
from app.request_log.schemas import RequestPage, RequestView, Status
from ui.components.admin_paged import Paged
from ui.components.admin_people import People
from ui.components.admin_table import choice, number, table
from ui.components.settings_visit import Visit
from ui.elements import button

ALL = ""
FIGURES = ("prompt_tokens", "completion_tokens", "queue_ms", "ttft_ms", "total_ms")
COLUMNS = ("at", "user", "model", "status", *FIGURES)


class RequestsSection:
    """Newest first."""

    def __init__(self, visit: Visit) -> None:
        self._visit, self._people = visit, People(visit)
        self._status, self._model = ALL, ALL
        t = visit.t
        words = {ALL: t("all")} | {status: t(f"status_{status}") for status in get_args(Status)}
        models = {ALL: t("all")} | {name: name for name in self._models()}
        with ui.element("div").classes("filters"):
            choice(t("column_status"), words, self._status, self._choose_status)
            choice(t("column_model"), models, self._model, self._choose_model)
            again = button(t("refresh"), None, symbol="regenerate")
        self._paged = Paged(visit, self._read, self._draw, t("requests_none"))
        self.refresh = self._paged.refresh
        again.on("click", self.refresh)

    def _models(self) -> list[str]:
        backends = self._visit.services.backends.all()
        return sorted({name for one in backends if (name := one.supervisor.model_name or one.name)})

    async def _choose_status(self, status: str) -> None:
        self._status = status
        await self.refresh()

    async def _choose_model(self, model: str) -> None:
        self._model = model
        await self.refresh()

    async def _read(self, cursor: str | None) -> RequestPage:
        wanted = Filter(status=self._status or None, model=self._model or None)
        page = await self._visit.services.request_log.page(self._visit.user, wanted, cursor)
        await self._people.learn(item.user_id for item in page.items)
        return page

    def _draw(self, items: list[RequestView]) -> None:
        t = self._visit.t
        columns = [t(f"column_{name}") for name in COLUMNS]
        table(t("admin_requests"), columns, [self._row(item) for item in items], numbers=len(FIGURES))

    def _row(self, item: RequestView) -> list[str]:
        ended = self._visit.t(f"status_{item.status}")
        ended = f"{ended}: {item.error_code}" if item.error_code else ended
        who = [self._visit.second(item.at), self._people.name(item.user_id), item.model or "–", ended]
        return [*who, *(number(getattr(item, figure)) for figure in FIGURES)]
