"""How several workers share the suite: by files, and all that start a real engine go to one of them, for two engines at
a time would have half a processor each."""

from collections.abc import Generator
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

ENGINE = ("clients/", "e2e/", "engine/", "fuzz/", "loadtest/", "monitoring/", "ui/test_real_engine.py")


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # the package has no types of its own
    """The queue of one worker after the other."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0].removeprefix("tests/")
        return "engine" if path.startswith(ENGINE) else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Asked only with `-n`."""
    return ByFile(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Workers report in UTF-8, but some tests print what is none."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report
