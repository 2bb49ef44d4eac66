"""`greedy`: one user who asks as much as the server lets them, to see what it does to the others."""

import os
import time

import gevent
from locust import constant, task

from loadtest.answer import Answer
from loadtest.scenarios.person import LIMITED, Person

AT_ONCE = int(os.environ.get("GREEDY") or 16)


class GreedyUser(Person):
    """A single one. Refusals are what a greedy user should get: they count as `refused`, not as failures."""

    scenario = "greedy"
    fixed_count = 1
    wait_time = constant(0.5)

    @task  # type: ignore[untyped-decorator]
    def everything_at_once(self) -> None:
        """So many questions together, and the next ones when all have been answered."""
        questions = [gevent.spawn(self._ask) for _ in range(AT_ONCE)]
        try:
            gevent.joinall(questions, raise_error=True)
        finally:
            gevent.killall(questions)

    def _ask(self) -> None:
        answer = Answer(time.perf_counter())
        if self.send(answer, self.question()) in LIMITED:
            self.fire("refused", answer.total_ms)
        else:
            self.report(answer)
