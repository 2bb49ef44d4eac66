"""The soak test's arithmetic and settings."""

import pytest

from loadtest import soak
from loadtest.soak import Sample, mixed, slope


def samples(*rss: float) -> list[Sample]:
    return [Sample(100 * number, 20 * number, mb, 60, 20) for number, mb in enumerate(rss)]


def test_the_slope_is_that_after_the_warm_up() -> None:
    warm = [500.0, 600.0, 700.0, 700.0, 701.0, 702.0, 703.0, 704.0, 705.0, 706.0]
    assert slope(samples(*warm)) == pytest.approx(10.0)
    assert slope(samples(600.0, 601.0, 602.0, 603.0)) is None
    assert slope([]) is None


@pytest.mark.parametrize(("generations", "pages"), [(50, 10), (10, 50), (3, 0), (0, 3), (0, 0)])
def test_both_kinds_are_mixed_evenly(generations: int, pages: int) -> None:
    kinds = list(mixed(generations, pages))
    assert len(kinds) == generations + pages
    assert sum(kinds) == pages
    half = len(kinds) // 2
    assert abs(sum(kinds[:half]) - sum(kinds[half:])) <= 1 + abs(len(kinds) % 2)


@pytest.mark.parametrize("name", ["GENERATIONS", "PAGES"])
def test_settings_without_sense(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str) -> None:
    monkeypatch.setenv(name, "many")
    assert soak.main() == 2
    assert capsys.readouterr().err.startswith("make soak: ")
