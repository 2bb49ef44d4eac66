"""Configuration and rules as Prometheus' own tool checks them, and what must go with each alert."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests.rig.fixtures import need
from tests.rig.prometheus import FOLDER
from tests.rig.server import ROOT


def promtool(*arguments: str | Path) -> None:
    binary = shutil.which("promtool")
    need(binary, "prometheus")
    done = subprocess.run([str(binary), *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / "rules" / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_the_configuration_is_one() -> None:
    promtool("check", "config", FOLDER / "prometheus.yml")


def test_each_alert_fires_by_what_it_is_for_and_none_in_a_healthy_hour() -> None:
    promtool("test", "rules", FOLDER / "tests" / "alerts.yml")


def test_each_alert_has_its_test() -> None:
    tests = yaml.safe_load((FOLDER / "tests" / "alerts.yml").read_text())["tests"]
    assert {test["name"] for test in tests} == {rule["alert"] for rule in alerts()} | {"healthy", "an asked restart"}


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_each_alert_says_how_bad_it_is_and_has_its_section(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert rule["annotations"]["summary"]
    sections = re.findall(r"^### (\w+)$", (ROOT / "docs" / "monitoring.md").read_text(), re.MULTILINE)
    assert sections.count(rule["alert"]) == 1
