"""One formatter for everything: console lines in development, JSON in production."""

import logging
import sys
from typing import Any

import structlog

SECRET_KEYS = frozenset({"password", "email", "phone", "token", "authorization", "cookie", "api_key", "secret"})
# Libraries whose lines below a warning only repeat what our own events say better. uvicorn.error would
# also print the socket's query string, and whoever knows its client_id can drive that page.
QUIET = (
    "httpx",
    "httpcore",
    "uvicorn.access",
    "uvicorn.error",
    "engineio",
    "socketio",
    "alembic",
    "aiosqlite",
    "asyncio",
)


def mask(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Hide the values of fields that hold personal data or secrets."""
    for key in event:
        if key.lower() in SECRET_KEYS:
            event[key] = "***masked***"
    return event


def one_line(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Escape control characters, so that nobody can write log lines through a field."""
    for key, value in event.items():
        if isinstance(value, str) and key not in ("exception", "stack") and not value.isprintable():
            event[key] = value.encode("unicode_escape").decode("ascii")
    return event


def configure_logging(*, json: bool) -> None:
    """Route structlog and the standard library through one handler on stderr."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        mask,
        structlog.processors.format_exc_info,
        one_line,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # vLLM warns about choices that are ours and that our own lines name.
    logging.getLogger("vllm").setLevel(logging.ERROR)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
