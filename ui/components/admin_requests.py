"""Section “Requests”: the request log with filters."""

from typing import get_args

from nicegui import ui

from app.request_log.repository import Filter
from app.request_log.schemas import RequestView, Status
from ui.components.admin_people import People
from ui.components.admin_table import choice, more, number, table
from ui.components.settings_loaded import Loaded
from ui.components.settings_visit import Visit
from ui.elements import button, text

ALL = ""
FIGURES = ("prompt_tokens", "completion_tokens", "queue_ms", "ttft_ms", "total_ms")


class RequestsSection:
    """Newest first."""

    def __init__(self, visit: Visit) -> None:
        self._visit, self._people = visit, People(visit)
        self._status, self._model = ALL, ALL
        self._items: list[RequestView] = []
        self._next: str | None = None
        t = visit.t
        words = {ALL: t("all")} | {status: t(f"status_{status}") for status in get_args(Status)}
        models = {ALL: t("all")} | {name: name for name in self._models()}
        with ui.element("div").classes("filters"):
            choice(t("column_status"), words, self._status, self._choose_status)
            choice(t("column_model"), models, self._model, self._choose_model)
            button(t("refresh"), self.refresh, symbol="regenerate")
        self._loaded = Loaded(visit, self._first, self._draw)

    def _models(self) -> list[str]:
        backends = self._visit.services.backends.all()
        return sorted({name for one in backends if (name := one.supervisor.model_name or one.name)})

    async def refresh(self) -> None:
        """From the newest on."""
        await self._loaded.refresh()

    async def _choose_status(self, status: str) -> None:
        self._status = status
        await self.refresh()

    async def _choose_model(self, model: str) -> None:
        self._model = model
        await self.refresh()

    async def _first(self) -> None:
        self._items, self._next = [], None
        await self._read()

    async def _further(self) -> None:
        await self._visit.safely(self._loaded.tell).run(self._read)
        self._loaded.draw_again(None)

    async def _read(self) -> None:
        log, wanted = self._visit.services.request_log, Filter(status=self._status or None, model=self._model or None)
        page = await log.page(self._visit.user, wanted, self._next)
        await self._people.learn(item.user_id for item in page.items)
        self._items, self._next = self._items + page.items, page.next

    def _draw(self, _: None) -> None:
        t = self._visit.t
        if not self._items:
            text(t("requests_none"), "empty-note", "p")
            return
        columns = [t(f"column_{name}") for name in ("at", "user", "model", "status", *FIGURES)]
        table(t("admin_requests"), columns, [self._row(item) for item in self._items], numbers=len(FIGURES))
        more(self._visit, self._further, self._next)

    def _row(self, item: RequestView) -> list[str]:
        ended = self._visit.t(f"status_{item.status}")
        ended = f"{ended}: {item.error_code}" if item.error_code else ended
        who = [self._visit.second(item.at), self._people.name(item.user_id), item.model or "–", ended]
        return [*who, *(number(getattr(item, figure)) for figure in FIGURES)]
