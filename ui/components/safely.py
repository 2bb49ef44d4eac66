"""What a signed-in user does on the page, and what becomes of its errors."""

from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import Request

from app.auth.current import CurrentUser
from app.errors import AppError
from ui.deps import check_session

log = structlog.get_logger(__name__)

Action = Callable[[], Awaitable[None]]


class Safely:
    """An error becomes words on the page and one line in the log."""

    def __init__(self, request: Request, user: CurrentUser, tell: Callable[[AppError], None]) -> None:
        self._request, self._user, self._tell = request, user, tell

    async def run(self, action: Action) -> bool:
        """True when it went well."""
        try:
            await check_session(self._request)
            await action()
        except AppError as error:
            log.info("page action refused", code=error.code, user_id=str(self._user.id))
            self._tell(error)
            return False
        return True

    def __call__(self, action: Action) -> Action:
        """The action as a handler."""

        async def handler() -> None:
            await self.run(action)

        return handler
