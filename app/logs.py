"""One formatter for everything: console lines in development, JSON in production."""

import logging
import sys
from typing import Any

import structlog

from app.masking import MASK, is_secret, mask_value

# Made by us, of a fixed shape.
UNMASKED = frozenset({"level", "logger", "timestamp", "request_id"})
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
    """Hide personal data and secrets: fields by their names, and whatever looks like some inside any text."""
    for key, value in event.items():
        if key not in UNMASKED and not key.startswith("_"):
            event[key] = MASK if is_secret(key) else mask_value(value)
    return event


def one_line(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Escape what is not printable (line ends, ANSI, bidirectional marks, U+2028), so that nobody can write log lines
    or move the cursor through a field. Tracebacks keep their line ends, but their lines begin with a space."""
    for key, value in event.items():
        if key in ("exception", "stack") and isinstance(value, str):
            event[key] = "\n".join(f" {printable(line)}" for line in value.split("\n"))
        else:
            event[key] = _printable_inside(value)
    return event


def _printable_inside(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable(str(key)): _printable_inside(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_printable_inside(item) for item in value]
    return value


def printable(text: str) -> str:
    """The text with everything that is not printable escaped."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def configure_logging(*, json: bool) -> None:
    """Route structlog and the standard library through one handler on stderr."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask,
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
    # No line names the place in the code; looking for it walks the stack each time.
    logging._srcfile = None  # as logging's own documentation says, under “Optimization”
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
