"""Whose id it is: addresses for the tables of the administration."""

from collections.abc import Iterable
from uuid import UUID

from ui.components.settings_visit import Visit


class People:
    """Addresses that were asked for once are remembered for as long as the page is open."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._known: dict[UUID, str] = {}

    async def learn(self, ids: Iterable[UUID | None]) -> None:
        """Ask for those that are not known."""
        missing = {one for one in ids if one is not None and one not in self._known}
        if missing:
            self._known |= await self._visit.services.users.addresses(self._visit.user, missing)

    def name(self, id_: UUID | None) -> str:
        """The address; the id of an account that is gone; a dash for nobody."""
        return "–" if id_ is None else self._known.get(id_, str(id_))
