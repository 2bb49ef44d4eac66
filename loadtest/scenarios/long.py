"""`long`: long prompts. Each is different, so that no cache knows it."""

import os
import random
import uuid

from locust import task

from loadtest.questions import QUESTIONS
from loadtest.scenarios.person import Person

SHARE = 0.5  # of the model's window
CHARACTERS_PER_TOKEN = 2.0
MOST_CHARACTERS = 30_000


class LongUser(Person):
    """Half of the window is filled; LONG_CHARACTERS says how long the prompts are instead."""

    scenario = "long"
    weight = 1

    def on_start(self) -> None:
        """Also ask how long the window is."""
        super().on_start()
        self.characters = int(os.environ.get("LONG_CHARACTERS") or 0) or self._half_of_the_window()

    def _half_of_the_window(self) -> int:
        window = self.client.get("/v1/models").json()["data"][0].get("max_model_len") or MOST_CHARACTERS
        return int(min(MOST_CHARACTERS, SHARE * window * CHARACTERS_PER_TOKEN))

    @task  # type: ignore[untyped-decorator]
    def long_prompt(self) -> None:
        """A new one each time."""
        text = str(uuid.uuid4())
        while len(text) < self.characters:
            text += " " + random.choice(QUESTIONS)
        self.chat(text[: self.characters])
