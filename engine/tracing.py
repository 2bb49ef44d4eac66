"""Whose trace a request belongs to, as W3C headers for the engine. None: nobody traces."""

from contextvars import ContextVar

import httpx

trace_headers: ContextVar[dict[str, str] | None] = ContextVar("trace_headers", default=None)


async def name_trace(request: httpx.Request) -> None:
    """A hook of httpx: the server over there joins the trace."""
    request.headers.update(trace_headers.get() or {})
