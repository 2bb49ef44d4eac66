"""`stop`: people who stop an answer, and people whose page is loaded again while it is written."""

import time

from locust import task

from loadtest.answer import CUT_OFF, Answer
from loadtest.scenarios.person import Person

SEEN = 3  # texts


class StopUser(Person):
    """Both leave an answer before its end."""

    scenario = "stop"
    weight = 1

    @task  # type: ignore[untyped-decorator]
    def stop(self) -> None:
        """Read a little, stop it, and see that it has ended as cancelled, or had already."""
        answer = self._begun(("cancelled", "stop", "length"))
        if answer.fault != CUT_OFF:
            self.report(answer)
            return
        asked = time.perf_counter()
        self.client.delete(f"/api/generations/{answer.generation_id}", name="/api/generations/…")
        self.follow(answer)
        self.fire("stopped", (time.perf_counter() - asked) * 1000)
        self.report(answer)

    @task  # type: ignore[untyped-decorator]
    def reload(self) -> None:
        """Read a little, hang up, come back where it was, read to the end."""
        answer = self._begun(("stop", "length"))
        if answer.fault == CUT_OFF:
            self.wait()
            self.follow(answer)
        self.report(answer)

    def _begun(self, endings: tuple[str, ...]) -> Answer:
        answer = Answer(time.perf_counter(), endings)
        self.send(answer, self.question(), enough=SEEN)
        return answer
