"""What `make load` is asked to do, from its variables."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from loadtest.local_server import ROOT
from loadtest.report import Thresholds
from loadtest.scenarios import DAILY, NAMES
from loadtest.shapes import SHAPES

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True)
class Plan:
    """One run. `host` empty: a server of its own; `shape` empty: all users from the start."""

    users: int
    seconds: int
    host: str
    scenarios: tuple[str, ...]
    shape: str
    limits: Thresholds
    html: Path

    @classmethod
    def of(cls, given: Mapping[str, str] = os.environ) -> "Plan":
        """Raises ValueError, in words, for variables that make no sense."""
        shape = given.get("SHAPE") or ""
        host = (given.get("HOST") or "").rstrip("/")
        scenarios = tuple(dict.fromkeys((given.get("SCENARIOS") or " ".join(DAILY)).replace(",", " ").split()))
        if unknown := [name for name in scenarios if name not in NAMES]:
            raise ValueError(f"SCENARIOS are {' '.join(NAMES)}, not {' '.join(unknown)}")
        if shape and shape not in SHAPES:
            raise ValueError(f"SHAPE is one of {' '.join(SHAPES)}, not {shape}")
        if host and not host.startswith(("http://", "https://")):
            raise ValueError(f"HOST is an address such as https://chat.example.com, not {host}")
        usual = Thresholds()
        limits = Thresholds(
            _number("TTFT_P95", given, usual.ttft_p95_seconds),
            _number("AVAILABILITY", given, usual.availability_percent),
        )
        users = given.get("USERS") or "12"
        if not users.isdecimal() or int(users) < 1:
            raise ValueError("USERS is a number such as 12")
        seconds = _seconds(given.get("DURATION") or ("1h" if shape == "soak" else "60s"))
        html = ROOT / (given.get("REPORT") or "build/load.html")
        return cls(int(users), seconds, host, scenarios, shape, limits, html)


def _number(name: str, given: Mapping[str, str], usual: float) -> float:
    try:
        return float(given.get(name) or usual)
    except ValueError:
        raise ValueError(f"{name} is a number such as {usual:g}") from None


def _seconds(duration: str) -> int:
    parts = re.findall(r"(\d+)([hms]?)", duration)
    seconds = sum(int(count) * UNITS[unit] for count, unit in parts)
    if "".join(count + unit for count, unit in parts) != duration or not seconds:
        raise ValueError("DURATION is a time such as 60s or 5m")
    return seconds
