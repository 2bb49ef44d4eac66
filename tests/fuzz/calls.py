"""Calls made from our own OpenAPI description, in and out of its rules, and from no rules at all."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

ODD = ["", "\x00", "a" * 300, "../..", "%00", "' OR 1=1 --", "{{7*7}}", "𝓪", "-1", "9" * 40, "null", "한글", "\u202e"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.sampled_from(ODD),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
BODIES = st.one_of(
    st.binary(max_size=400),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.sampled_from([b"", b"{", b"[" * 5000, b'{"a":' * 2000, b"\xff\xfe", b'{"content": "\\ud800"}', b"NaN"]),
)
TYPES = st.sampled_from(["application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
# What a client library lets pass; broken HTTP itself is tried on bare sockets elsewhere.
HEADERS = st.dictionaries(
    st.sampled_from(["Last-Event-ID", "Idempotency-Key", "Accept", "X-Request-ID", "Range", "X-Forwarded-For"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60),
    max_size=3,
)
METHODS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])


@dataclass
class Tally:
    """What came back: how often each status, each kind of fault with the first call that showed it, and the operations
    whose description nothing can violate."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)
    without_rules: list[str] = field(default_factory=list)

    @property
    def calls(self) -> int:
        """How many answers there were."""
        return sum(self.statuses.values())


class Fuzzer:
    """Makes calls as one user. `sign_in` gives a bearer token and is asked again when a call has ended it; `foreign`
    are words that belong to somebody else and must never come back."""

    def __init__(self, url: str, sign_in: Callable[[], str], foreign: list[str]) -> None:
        self.tally = Tally()
        self._url = url
        self._sign_in = sign_in
        self._foreign = foreign
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {sign_in()}"
        self._schema = schemathesis.openapi.from_dict(self._session.get(f"{url}/openapi.json", timeout=30).json())
        self._schema.config.update(base_url=url)

    def run(self, calls: int, start: int = 0, under: str = "/") -> Tally:
        """About `calls` calls to paths under `under`: a third by the rules, a third against them, a third without."""
        found = [result.ok() for result in self._schema.get_all_operations() if isinstance(result, Ok)]
        operations = [operation for operation in found if operation.path.startswith(under)]
        each = max(1, calls // (3 * len(operations)))
        for number, operation in enumerate(operations):
            takes_input = bool(operation.body) or any(True for _ in operation.iter_parameters())
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)[: 1 + takes_input]:
                drawn = operation.as_strategy(generation_mode=mode)
                try:
                    _draw(drawn, each, start + number, self._described)
                except Unsatisfiable:
                    self.tally.without_rules.append(operation.label)
        paths = st.sampled_from(sorted({operation.path for operation in operations}))
        slots = st.sampled_from(ODD) | st.text(max_size=20)
        wild = st.tuples(METHODS, paths, slots, BODIES, TYPES, HEADERS)
        _draw(wild, max(1, calls // 3), start, self._wild)
        return self.tally

    def _described(self, case: Any) -> None:
        response = case.call(session=self._session, timeout=60)
        call = f"{case.method} {case.formatted_path}: {str(case.body)[:200]}"
        if str(response.status_code) not in case.operation.definition.raw["responses"]:
            self.tally.faults.setdefault(f"status {response.status_code} is not described", call)
        self._judge(response.status_code, response.text, call)

    def _wild(self, drawn: tuple[str, str, str, bytes, str, dict[str, str]]) -> None:
        method, path, slot, body, content_type, headers = drawn
        filled = "/".join(quote(slot, safe="") if part.startswith("{") else part for part in path.split("/"))
        response = self._session.request(
            method, self._url + filled, data=body, headers=headers | {"Content-Type": content_type}, timeout=60
        )
        self._judge(response.status_code, response.text, f"{method} {filled}: {body[:200]!r} {headers}")

    def _judge(self, status: int, text: str, call: str) -> None:
        self.tally.statuses[status] += 1
        if status == 500 or status > 503:
            self.tally.faults.setdefault(f"status {status}", call)
        if "Traceback (most recent call last)" in text:
            self.tally.faults.setdefault("a traceback", call)
        for word in self._foreign:
            if word in text:
                self.tally.faults.setdefault("data of another user", call)
        if status == 401 and self._session.get(f"{self._url}/api/users/me", timeout=30).status_code == 401:
            self._session.headers["Authorization"] = f"Bearer {self._sign_in()}"


def _draw(strategy: SearchStrategy[Any], calls: int, start: int, call: Callable[[Any], None]) -> None:
    @seed(start)
    @settings(
        max_examples=calls,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def drawn(value: Any) -> None:
        call(value)

    drawn()
