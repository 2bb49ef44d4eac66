"""Garbage collection around the import of vLLM."""

import gc

import pytest

from engine import heap


def test_nothing_is_collected_inside_and_what_lives_is_left_out_later() -> None:
    with heap.settled():
        assert not gc.isenabled()
        assert gc.get_freeze_count() == 0
        kept = [[number] for number in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() > len(kept)
    assert not any(seen is kept for seen in gc.get_objects()), "the collector still looks at it"


def test_a_failed_load_leaves_the_collector_on() -> None:
    with pytest.raises(ValueError, match="no such model"), heap.settled():
        raise ValueError("no such model")
    assert gc.isenabled()
