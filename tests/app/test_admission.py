"""The queue: places are true, work is shared fairly, no slot leaks."""

import random
from collections import Counter
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Unavailable
from app.generations.admission import Admission, Ticket

KIM, LEE, PARK = (UUID(int=number) for number in (1, 2, 3))


def test_places_fall_in_order() -> None:
    admission = Admission(slots=1, max_waiting=9)
    first, second, third = (admission.enter(KIM) for _ in range(3))
    assert [first.place, second.place, third.place] == [0, 1, 2]
    moves: list[int] = []
    third.moved = lambda: moves.append(third.place)
    admission.leave(first, seconds=2.0, tokens=10)
    assert second.granted.is_set()
    assert moves == [1]
    assert admission.eta_ms(third.place) == 2000
    admission.leave(second)
    assert moves == [1, 0]


def test_bounds() -> None:
    admission = Admission(slots=1, max_waiting=1)
    admission.enter(KIM)
    admission.enter(KIM)
    with pytest.raises(Unavailable) as full:
        admission.enter(uuid4())
    assert full.value.code == "queue_full"
    assert full.value.retry_after


def test_those_who_wait_hear_of_a_pause_and_of_its_end() -> None:
    admission = Admission(slots=1, max_waiting=9)
    first, second = admission.enter(KIM), admission.enter(LEE)
    heard: list[tuple[bool, int]] = []
    second.moved = lambda: heard.append((admission.paused, second.place))
    admission.pause()
    admission.pause()
    admission.leave(first, seconds=2.0, tokens=10)
    assert not second.granted.is_set()
    assert admission.eta_ms(second.place) is None
    admission.resume()
    assert second.granted.is_set()
    assert heard == [(True, 1), (False, 0)]


def test_one_slot_is_kept_for_who_has_nothing_running() -> None:
    admission = Admission(slots=8, max_waiting=64)
    greedy = [admission.enter(KIM) for _ in range(50)]
    assert sum(ticket.granted.is_set() for ticket in greedy) == 7
    assert admission.enter(LEE).granted.is_set()


def test_among_many_slots_none_stays_empty() -> None:
    admission = Admission(slots=128, max_waiting=64)
    assert all(admission.enter(KIM).granted.is_set() for _ in range(127))
    title = admission.enter(LEE, background=True)
    assert not title.granted.is_set()
    admission.leave(title)
    assert admission.enter(KIM).granted.is_set()
    assert not admission.enter(KIM).granted.is_set()
    assert admission.enter(LEE).place == 1


def test_a_single_request_passes_a_long_queue() -> None:
    admission = Admission(slots=2, max_waiting=64)
    greedy = [admission.enter(KIM) for _ in range(50)]
    other = [admission.enter(LEE), admission.enter(PARK)]
    assert [ticket.granted.is_set() for ticket in other] == [True, False]
    assert other[1].place == 1
    admission.leave(greedy[0], seconds=1, tokens=100)
    assert other[1].granted.is_set()


def test_work_is_shared_equally_whatever_the_number_of_requests() -> None:
    admission = Admission(slots=4, max_waiting=999)
    cost = {KIM: 300, LEE: 100}
    chance = random.Random(1)
    waiting = [admission.enter(user) for user in [KIM] * 200 + [LEE] * 200]
    done: Counter[UUID] = Counter()
    for _ in range(160):
        ticket = chance.choice([ticket for ticket in waiting if ticket.granted.is_set()])
        waiting.remove(ticket)
        done[ticket.user_id] += cost[ticket.user_id]
        admission.leave(ticket, seconds=1, tokens=cost[ticket.user_id])
    # The paper's bound: twice the work that fits inside at once.
    assert abs(done[KIM] - done[LEE]) <= 2 * 4 * max(cost.values())
    assert done.total() > 20_000


def test_who_returns_has_saved_nothing_up() -> None:
    admission = Admission(slots=1, max_waiting=99)
    busy = [admission.enter(KIM) for _ in range(9)]
    for ticket in busy[:6]:
        admission.leave(ticket, seconds=1, tokens=100)
    late = [admission.enter(LEE) for _ in range(4)]
    order = sorted((ticket for ticket in [*busy[7:], *late]), key=lambda ticket: ticket.place)
    assert {ticket.user_id for ticket in order[:3]} == {KIM, LEE}


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 900)), max_size=80))
def test_no_slot_leaks(steps: list[tuple[bool, int, int]]) -> None:
    admission = Admission(slots=4, max_waiting=5)
    held: list[Ticket] = []
    for arrive, number, tokens in steps:
        if arrive:
            try:
                held.append(admission.enter(UUID(int=number)))
            except Unavailable:
                continue
        elif held:
            admission.leave(held.pop(number % len(held)), seconds=0.1, tokens=tokens)
        granted = [ticket for ticket in held if ticket.granted.is_set()]
        assert admission.running == len(granted) <= 4
        assert admission.waiting == len(held) - len(granted)
        assert sorted(ticket.place for ticket in held if ticket.place) == list(range(1, admission.waiting + 1))
        if admission.waiting:
            assert admission.running >= 3, "a slot stayed empty that nobody needed kept"
    for ticket in held:
        admission.leave(ticket)
    assert (admission.running, admission.waiting) == (0, 0)


class Queue:
    """One place, where everybody stays a second; `overtaken`: somebody with less work behind them comes later."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moment = 1000.0
        monkeypatch.setattr("app.generations.admission.monotonic", lambda: self.moment)
        self.admission = Admission(slots=1, max_waiting=9)
        self.admission.leave(self.admission.enter(KIM), seconds=1.0, tokens=10)

    def wait(self, *, overtaken: bool) -> tuple[int | None, int]:
        """Milliseconds that were told to the third of one user, and that it took."""
        tickets = [self.admission.enter(KIM) for _ in range(3)]
        waiting, entered = tickets[-1], self.moment
        told = self.admission.eta_ms(waiting.place)
        if overtaken:
            tickets.insert(2, self.admission.enter(LEE))
        for ticket in tickets:
            assert ticket.granted.is_set()
            took = round(1000 * (self.moment - entered))
            self.moment += 1
            self.admission.leave(ticket, seconds=1.0, tokens=10)
        return told, took


def test_what_is_told_learns_from_those_who_were_overtaken(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = Queue(monkeypatch)
    assert queue.wait(overtaken=False) == (2000, 2000)
    assert queue.wait(overtaken=True) == (2000, 3000)
    for _ in range(100):
        queue.wait(overtaken=True)
    told, took = queue.wait(overtaken=True)
    assert took == 3000
    assert told == pytest.approx(3000, rel=0.05)
    for _ in range(200):
        queue.wait(overtaken=False)
    assert queue.wait(overtaken=False)[0] == pytest.approx(2000, rel=0.05)


def test_a_pause_teaches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = Queue(monkeypatch)
    for _ in range(50):
        first, waiting = queue.admission.enter(KIM), queue.admission.enter(KIM)
        queue.admission.pause()
        queue.moment += 60
        queue.admission.leave(first, seconds=1.0, tokens=10)
        queue.admission.resume()
        queue.admission.leave(waiting, seconds=1.0, tokens=10)
    assert queue.wait(overtaken=False) == (2000, 2000)
