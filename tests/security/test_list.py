"""docs/security.md speaks of every threat once, and the tests that it names exist."""

import ast
import re
from functools import cache

import pytest

from tests.rig.server import ROOT

TEXT = (ROOT / "docs" / "security.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\| [TF]-?[A-Z0-9].*", TEXT, re.M)
]
STATES = {"met", "operator", "does not apply", "open"}
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
THREATS = {
    "AUTH": range(1, 12),
    "CFG": (1,),
    "CORS": (1,),
    "CSP": (1,),
    "CSRF": (1,),
    "DB": (1, 2),
    "DEP": (1,),
    "FUZZ": (1,),
    "HDR": (1,),
    "IDOR": range(1, 5),
    "IP": (1,),
    "LIM": range(1, 5),
    "LLM": range(1, 10),
    "LOAD": (5,),
    "LOG": range(1, 7),
    "NG": (1, 2),
    "NGX": (1, 2, 4),
    "OBS": (1,),
    "RL": (3, 4),
    "SES": (1, 2),
    "SLOW": (1,),
    "SQL": (1,),
    "SSRF": (1,),
    "SUP": (1,),
    "TIME": (1,),
    "TLS": (1,),
    "UI": (1,),
    "WEB": range(1, 4),
    "WS": range(1, 4),
    "XSS": range(1, 4),
}


@cache
def functions(path: str) -> set[str]:
    """Names of the test functions of a file."""
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_threat_and_fault_has_one_row() -> None:
    wanted = [f"T-{name}-{number}" for name, numbers in THREATS.items() for number in numbers]
    wanted += [f"F{number}" for number in range(1, 21)]
    assert sorted(row[0] for row in ROWS) == sorted(wanted)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_row(row: list[str]) -> None:
    assert len(row) == 4
    _, asked, state, shown = row
    assert asked
    assert state in STATES
    assert shown, "neither a test nor a reason"
    named = NAMED.findall(shown)
    assert named or state != "met", "met, and no test is named"
    assert len(named) == shown.count("tests/"), "a test that is not written as `tests/...py::test_name`"
    for path, function in named:
        assert (ROOT / path).is_file(), path
        assert function.startswith("test_")
        assert function in functions(path), f"{path}::{function}"
