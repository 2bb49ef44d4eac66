"""What users think of answers, for administrators: rating, comment, model and figures; no text of a conversation."""

from app.auth.access import require
from app.auth.current import CurrentUser
from app.conversations.cursor import read_cursor, write_cursor
from app.db import Database
from app.feedback import repository
from app.feedback.repository import Filter
from app.feedback.schemas import FeedbackItem, FeedbackPage


class FeedbackReview:
    """One short transaction per call."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def page(self, user: CurrentUser, wanted: Filter, cursor: str | None = None, limit: int = 50) -> FeedbackPage:
        """Newest first. Raises Forbidden, and Invalid for a foreign cursor."""
        require(user, "admin")
        after = read_cursor(cursor)
        async with self._db.reading() as db:
            rows = await repository.page(db, wanted, after, limit + 1)
        more = write_cursor(rows[limit - 1].at, rows[limit - 1].message_id) if len(rows) > limit else None
        return FeedbackPage(items=[FeedbackItem.model_validate(row) for row in rows[:limit]], next=more)
