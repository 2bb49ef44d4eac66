"""SQL that deletes what is too old, a small batch a call, so that nobody waits long for its locks."""

from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Delete, delete, exists, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.audit.models import AuditRow
from app.conversations.models import Conversation, Message
from app.db import ROWS_ONLY
from app.generations.repository import UNFINISHED
from app.request_log.models import RequestLog


async def delete_conversations(db: AsyncSession, cutoff: datetime, limit: int) -> int:
    """Those without activity since `cutoff`. Pinned ones stay, and those in which an answer is being written."""
    writing = exists().where(Message.conversation_id == Conversation.id, Message.status.in_(UNFINISHED))
    old = (
        select(Conversation.id)
        .where(Conversation.updated_at < cutoff, Conversation.pinned.is_(False), ~writing)
        .limit(limit)
        # What somebody uses at this moment, or another process deletes, is left to the next round.
        .with_for_update(skip_locked=True, of=Conversation)
    )
    return await _count(db, delete(Conversation).where(Conversation.id.in_(old)))


async def delete_requests(db: AsyncSession, cutoff: datetime, limit: int) -> int:
    """Rows of the request log."""
    old = select(RequestLog.id, RequestLog.at).where(RequestLog.at < cutoff).limit(limit)
    return await _count(db, delete(RequestLog).where(tuple_(RequestLog.id, RequestLog.at).in_(old)))


async def delete_audit(db: AsyncSession, cutoff: datetime, limit: int) -> int:
    """Rows of the audit log."""
    old = select(AuditRow.id).where(AuditRow.at < cutoff).limit(limit)
    return await _count(db, delete(AuditRow).where(AuditRow.id.in_(old)))


async def _count(db: AsyncSession, statement: Delete) -> int:
    result: CursorResult[Any] = await db.execute(  # type: ignore[assignment]
        statement, execution_options=ROWS_ONLY
    )
    return result.rowcount
