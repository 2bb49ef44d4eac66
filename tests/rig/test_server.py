"""The service as a child process."""

from pathlib import Path

import pytest

from tests.rig.processes import RigError
from tests.rig.server import environment, server


def test_settings_of_the_person_who_tests_do_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_DATABASE__URL", "postgresql+asyncpg://precious")
    assert "CHAT_DATABASE__URL" not in environment({})
    assert environment({"CHAT_PORT": "1"})["CHAT_PORT"] == "1"


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    with server({"CHAT_NO_SUCH_THING": "1"}, tmp_path) as refused, pytest.raises(RigError, match="CHAT_NO_SUCH_THING"):
        refused.wait("/healthz", seconds=30)
    assert refused.process.popen.returncode == 1
