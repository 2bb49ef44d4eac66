"""Where parts of vLLM are looked for, and which failures are no matter of the place."""

from pathlib import Path

import pytest

from engine.vllm_parts import PLACES, part


@pytest.fixture(autouse=True)
def forgotten() -> None:
    part.cache_clear()


def test_the_first_place_that_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLACES, "loads", ("json.gone.deeper:loads", "json:gone", "json:loads", "json:dumps"))
    assert part("loads").__name__ == "loads"


def test_a_part_that_is_nowhere_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLACES, "loads", ("json.gone:loads", "json:gone"))
    with pytest.raises(ImportError, match="no loads in any of json"):
        part("loads")


def test_what_a_place_itself_lacks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "newer_place.py").write_text("import a_library_that_nobody_has")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(PLACES, "loads", ("newer_place:loads", "json:loads"))
    with pytest.raises(ModuleNotFoundError, match="a_library_that_nobody_has"):
        part("loads")
