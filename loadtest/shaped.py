"""The shape of a run for Locust: SHAPE, USERS and SECONDS from `make load`."""

import os

from locust import LoadTestShape

from loadtest.shapes import users_at


class Shaped(LoadTestShape):  # type: ignore[misc]  # locust has no types
    """Ends the run when its time is over."""

    shape = os.environ["SHAPE"]
    users = int(os.environ["USERS"])
    seconds = float(os.environ["SECONDS"])

    def tick(self) -> tuple[int, float] | None:
        """How many users now, and how many may come in a second."""
        share = self.get_run_time() / self.seconds
        rate = self.users if self.shape == "spike" else 4
        return (users_at(self.shape, self.users, share), rate) if share < 1 else None
