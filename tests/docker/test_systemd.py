"""The unit file names what is there."""

import re
from collections import defaultdict
from pathlib import Path

from app.config import PREFIX, Settings
from app.serve import GRACE_SECONDS
from app.services import DRAIN_SECONDS, SAVE_SECONDS
from docker.release import Releases
from requirements.environment import Environment
from tests.rig.server import ROOT

UNIT: dict[str, list[str]] = defaultdict(list)
for line in (ROOT / "docker/systemd/vllm-chat.service").read_text().splitlines():
    if "=" in line and not line.startswith("#"):
        name, _, value = line.partition("=")
        UNIT[name].append(value)


def seconds(value: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(s|min)", value).groups()  # type: ignore[union-attr]
    return int(number) * {"s": 1, "min": 60}[unit]


def test_it_waits_for_the_words_of_the_server() -> None:
    assert (UNIT["Type"], UNIT["NotifyAccess"]) == (["notify"], ["main"])
    assert seconds(UNIT["WatchdogSec"][0]) >= 10
    assert seconds(UNIT["TimeoutStopSec"][0]) > DRAIN_SECONDS + SAVE_SECONDS + GRACE_SECONDS


def test_it_starts_the_command_that_the_installer_writes(tmp_path: Path) -> None:
    [folder], [command] = UNIT["WorkingDirectory"], UNIT["ExecStart"]
    (tmp_path / ".venv/bin").mkdir(parents=True)
    Environment(tmp_path / ".venv", ROOT).write_command()
    program, *arguments = command.split()
    assert (tmp_path / Path(program).relative_to(folder)).exists()
    assert arguments == ["serve"]


def test_what_was_released_is_kept_running() -> None:
    unit = (ROOT / "docker/systemd/vllm-chat-release.service").read_text()
    [command] = re.findall(r"^ExecStart=/usr/bin/python3 -m docker.release (\w+)$", unit, re.MULTILINE)
    assert callable(getattr(Releases, command))
    assert "KillMode=process" in unit  # else systemd ends what it has started
    assert "OnUnitInactiveSec=10s" in (ROOT / "docker/systemd/vllm-chat-release.timer").read_text()


def test_its_settings_exist() -> None:
    names = {pair.partition("=")[0] for pair in UNIT["Environment"]}
    assert {
        name.removeprefix(PREFIX).lower() for name in names if name.startswith(PREFIX)
    } <= Settings.model_fields.keys()
    assert UNIT["StateDirectory"] == ["vllm-chat"]
    assert "CHAT_DATA_DIR=/var/lib/vllm-chat" in UNIT["Environment"]
