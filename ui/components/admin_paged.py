"""A long list of the administration that is read page by page."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

from ui.components.settings_loaded import Loaded
from ui.components.settings_visit import Visit
from ui.elements import button, text

T = TypeVar("T", covariant=True)


class Part(Protocol[T]):
    """What a service gives: some rows, and the cursor of the following ones."""

    @property
    def items(self) -> Sequence[T]:
        """In order."""

    @property
    def next(self) -> str | None:
        """None at the end."""


I = TypeVar("I")  # noqa: E741 - an item


class Paged(Generic[I]):
    """`read` gets a cursor; `draw` gets all rows that were read; `empty` is said when there are none."""

    def __init__(
        self,
        visit: Visit,
        read: Callable[[str | None], Awaitable[Part[I]]],
        draw: Callable[[list[I]], None],
        empty: str,
    ) -> None:
        self._visit, self._read_part, self._draw_rows, self._empty = visit, read, draw, empty
        self._items: list[I] = []
        self._next: str | None = None
        self._loaded = Loaded(visit, self._first, self._draw)
        self.refresh = self._loaded.refresh

    async def _first(self) -> None:
        self._items, self._next = [], None
        await self._read()

    async def _read(self) -> None:
        part = await self._read_part(self._next)
        self._items, self._next = [*self._items, *part.items], part.next

    async def _further(self) -> None:
        await self._visit.safely(self._loaded.tell).run(self._read)
        self._loaded.draw_again(None)

    def _draw(self, _: None) -> None:
        if not self._items:
            text(self._empty, "empty-note", "p")
            return
        self._draw_rows(self._items)
        if self._next is not None:
            button(self._visit.t("list_more"), self._further, classes="button quiet wide")
