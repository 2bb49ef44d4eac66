"""A part of the page that has to be read first: a skeleton, then its content, or what went wrong."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from nicegui import ui

from app.errors import AppError
from ui.components.notice import Notice
from ui.components.settings_visit import Visit
from ui.elements import button, named

T = TypeVar("T")


class Loaded(Generic[T]):
    """`read` asks the services, `draw` makes the elements. Nothing is read before `refresh`.

    With `update` elements that are there already are changed in their place.
    """

    def __init__(
        self,
        visit: Visit,
        read: Callable[[], Awaitable[T]],
        draw: Callable[[T], None],
        update: Callable[[T], None] | None = None,
    ) -> None:
        self._visit, self._read, self._draw, self._update = visit, read, draw, update
        self._safely = visit.safely(self.tell)
        self._drawn = False
        self._content = ui.element("div").classes("loaded")
        self._show(self._skeleton)

    async def refresh(self) -> None:
        """Read it anew; what is shown stays until then."""
        await self._safely.run(self._refresh)

    async def tick(self) -> None:
        """As `refresh`, unasked: what went wrong stays until somebody tries again."""
        if self._drawn:
            await self.refresh()

    async def _refresh(self) -> None:
        value = await self._read()
        if self._drawn and self._update is not None:
            self._update(value)
        else:
            self._show(lambda: self._draw(value))
            self._drawn = True

    def _show(self, draw: Callable[[], None]) -> None:
        self._content.clear()
        with self._content:
            draw()

    def _skeleton(self) -> None:
        with named(ui.element("div").classes("skeleton-lines").props("role=status"), self._visit.t("loading")):
            ui.element("i")
            ui.element("i")

    def draw_again(self, value: T) -> None:
        """What was read has grown."""
        if self._drawn:
            self._show(lambda: self._draw(value))

    def tell(self, error: AppError) -> None:
        """In place of the content: what went wrong, and another try."""

        def draw() -> None:
            Notice(self._visit.t).show(error)
            button(self._visit.t("try_again"), self.refresh)

        self._drawn = False
        self._show(draw)
