"""The real service, whose request log can be turned off and on: `python -m tests.request_log_switch`.

For measuring what it costs. SIGUSR1: no line of a request and no row of it any more; SIGUSR2: again as ever.
"""

import signal
from types import FrameType
from typing import Any

from app import middleware
from app.config import load_settings
from app.request_log.service import RequestLogService
from app.serve import run

OFF, ON = signal.SIGUSR1, signal.SIGUSR2


class Nothing:
    """A log that nobody reads."""

    def info(self, event: str, **fields: Any) -> None:
        """Not a word."""

    exception = info


def install() -> None:
    """Take both signals from now on."""
    line, row = middleware.log, RequestLogService.ended

    def switch(number: int, _frame: FrameType | None) -> None:
        logged = number == ON
        middleware.log = line if logged else Nothing()
        RequestLogService.ended = row if logged else ignore  # type: ignore[assignment, method-assign]

    for number in (OFF, ON):
        signal.signal(number, switch)


def ignore(_service: RequestLogService, *_about: Any) -> None:
    """It is not kept."""


if __name__ == "__main__":
    install()
    run(load_settings())
