"""`api`: programs that ask one question after the other over the service's own API."""

from locust import task

from loadtest.scenarios.person import Person


class ApiUser(Person):
    """Each question begins a conversation."""

    scenario = "api"
    weight = 2

    @task  # type: ignore[untyped-decorator]
    def one_question(self) -> None:
        """Ask it and read the stream."""
        self.chat(self.question())
