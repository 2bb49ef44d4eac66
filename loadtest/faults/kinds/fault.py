"""What a fault is."""

from collections.abc import Callable
from dataclasses import dataclass

from loadtest.faults.site import Site

Recovered = Callable[[], bool]


@dataclass(frozen=True)
class Fault:
    """`inject` returns when the cause is over, for example when PostgreSQL was started again, and gives what tells
    whether the service has recovered. `row` is the line of the threat model that it stands for."""

    name: str
    row: str
    inject: Callable[[Site], Recovered]
    needs_engine: bool = False
