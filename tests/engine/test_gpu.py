"""GPU figures from a stand-in for NVIDIA's library."""

import sys
from collections.abc import Iterator

import pytest

from engine import gpu
from tests.rig.fake_nvml import pynvml as fake
from tests.rig.fake_nvml.pynvml import GIB


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    gpu._nvml.cache_clear()
    yield
    gpu._nvml.cache_clear()


@pytest.mark.usefixtures("driver")
def test_what_a_card_does_not_tell_is_left_out() -> None:
    assert gpu.readings() == [
        gpu.GpuReading(0, 60, 13 * GIB, 24 * GIB, 285.5, 71),
        gpu.GpuReading(1, 61, 14 * GIB, 24 * GIB, None, 72),
    ]


@pytest.mark.usefixtures("driver")
def test_a_card_that_has_fallen_off_the_bus_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake, "lost", 0)
    assert [one.index for one in gpu.readings()] == [1]


def test_without_a_driver_there_are_no_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    gpu._nvml.cache_clear()
    assert gpu.readings() == []
    gpu._nvml.cache_clear()
