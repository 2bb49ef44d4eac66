"""The queue: places are true, no slot leaks."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import RateLimited, Unavailable
from app.generations.admission import Admission, Ticket

KIM = UUID(int=1)


def test_places_fall_in_order() -> None:
    admission = Admission(slots=1, max_waiting=9, concurrent=9)
    first, second, third = (admission.enter(KIM) for _ in range(3))
    assert [first.place, second.place, third.place] == [0, 1, 2]
    moves: list[int] = []
    third.moved = lambda: moves.append(third.place)
    admission.leave(first, seconds=2.0)
    assert second.granted.is_set()
    assert moves == [1]
    assert admission.eta_ms(third.place) == 2000
    admission.leave(second)
    assert moves == [1, 0]


def test_bounds() -> None:
    admission = Admission(slots=1, max_waiting=1, concurrent=2)
    admission.enter(KIM)
    admission.enter(KIM)
    with pytest.raises(RateLimited) as limited:
        admission.enter(KIM)
    assert limited.value.code == "too_many_generations"
    with pytest.raises(Unavailable) as full:
        admission.enter(uuid4())
    assert full.value.code == "queue_full"
    assert full.value.retry_after


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=80))
def test_no_slot_leaks(steps: list[tuple[bool, int]]) -> None:
    admission = Admission(slots=2, max_waiting=3, concurrent=3)
    held: list[Ticket] = []
    for arrive, number in steps:
        if arrive:
            try:
                held.append(admission.enter(UUID(int=number)))
            except (RateLimited, Unavailable):
                continue
        elif held:
            admission.leave(held.pop(number % len(held)), seconds=0.1)
        assert admission.running == min(2, len(held))
        assert admission.waiting == len(held) - admission.running
        assert sorted(ticket.place for ticket in held if ticket.place) == list(range(1, admission.waiting + 1))
    for ticket in held:
        admission.leave(ticket)
    assert (admission.running, admission.waiting) == (0, 0)
