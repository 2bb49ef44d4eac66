"""How a server is, asked at its own address: /readyz and /metrics."""

import re
import urllib.error
import urllib.request
from dataclasses import dataclass

ANSWER_SECONDS = 5.0
# Asked by machines, and by ourselves.
PROBES = {"/healthz", "/readyz", "/metrics"}
SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
# No proxy that the environment names is asked about a server of our own.
_OPEN = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


@dataclass(frozen=True, slots=True)
class Figures:
    """Since the process started: requests and answers, and how many of them failed. `busy`: answers under way now."""

    answered: float
    failed: float
    busy: float


def ready(address: str) -> bool:
    """Whether /readyz says 200."""
    return _get(address, "/readyz") is not None


def figures(address: str) -> Figures | None:
    """What /metrics tells; None when it tells nothing."""
    text = _get(address, "/metrics")
    if text is None:
        return None
    answered = failed = busy = 0.0
    for name, labels, value in SAMPLE.findall(text):
        known = dict(LABEL.findall(labels))
        if name == "chat_http_requests_total" and known["route"] not in PROBES:
            answered += float(value)
            failed += float(value) if known["status"].startswith("5") else 0
        elif name == "chat_requests_total":
            answered += float(value)
            failed += float(value) if known["status"] == "error" else 0
        elif name in ("chat_queue_depth", "chat_generations_running"):
            busy += float(value)
    return Figures(answered, failed, busy)


def _get(address: str, path: str) -> str | None:
    try:
        with _OPEN(f"http://{address}{path}", timeout=ANSWER_SECONDS) as answer:
            return str(answer.read().decode()) if answer.status == 200 else None
    except (OSError, urllib.error.URLError):
        return None
