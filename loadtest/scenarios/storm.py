"""`storm`: everybody signs in at the same moment, as after an outage. Sign-ins are dear on purpose."""

import time

from locust import task

from loadtest.scenarios.person import Person

EVERY_SECONDS = 10


class StormUser(Person):
    """All of them wait for the same second."""

    scenario = "storm"
    weight = 4

    def wait_time(self) -> float:
        """Until the clock shows the next multiple of `EVERY_SECONDS`."""
        return EVERY_SECONDS - time.time() % EVERY_SECONDS

    @task  # type: ignore[untyped-decorator]
    def sign_in_again(self) -> None:
        """Out and in; the time is until the account answers, with all that the server makes them wait."""
        self.client.post("/api/auth/jwt/logout")
        del self.client.headers["Authorization"]
        began = time.perf_counter()
        self.sign_in()
        with self.client.get("/api/users/me", catch_response=True) as answer:
            fault = None if answer.ok else f"{answer.status_code}: {answer.text[:200]}"
            answer.success()  # judged here
        self.fire("sign-in", (time.perf_counter() - began) * 1000, fault=fault)
