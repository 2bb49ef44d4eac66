"""Garbage collection around the import of vLLM."""

import gc

import pytest

from engine import heap


def test_nothing_is_collected_inside_and_what_lives_is_left_out_later() -> None:
    before = gc.get_freeze_count()
    with heap.settled():
        assert not gc.isenabled()
        assert gc.get_freeze_count() == 0
        kept = [[number] for number in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() > max(before, len(kept))


def test_a_failed_load_leaves_the_collector_on() -> None:
    with pytest.raises(ValueError, match="no such model"), heap.settled():
        raise ValueError("no such model")
    assert gc.isenabled()
