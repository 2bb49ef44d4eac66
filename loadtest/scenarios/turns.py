"""`turns`: conversations of several turns, opened again in between."""

from locust import task

from loadtest.scenarios.person import Person

TURNS = 4  # then a new conversation, so that it stays within the window of a small model


class TurnsUser(Person):
    """One question builds on the other."""

    scenario = "turns"
    weight = 2

    @task  # type: ignore[untyped-decorator]
    def conversation(self) -> None:
        """All its turns, then everything is read back."""
        conversation_id = None
        for _ in range(TURNS):
            answer = self.chat(self.question(), conversation_id=conversation_id)
            conversation_id = answer.conversation_id or conversation_id
            self.wait()
        if conversation_id:
            path = f"/api/conversations/{conversation_id}/messages"
            self.client.get(path, name="/api/conversations/…/messages")
