"""What a person's program has: the address of the service and a key."""

from dataclasses import dataclass
from typing import Any, Literal

import httpx
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel

MODEL = "vllm-chat-demo"
QUESTION = "What is this service?"
MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": QUESTION}]
TOO_LONG = "word " * 9000
CITIES = ("Seoul", "Busan")
WEATHER: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": list(CITIES)}, "days": {"type": "integer", "enum": [1, 2, 3]}},
    "required": ["city", "days"],
    "additionalProperties": False,
}


class Trip(BaseModel):
    """So bounded that also a model that knows nothing of trips comes to its end."""

    city: Literal["Seoul", "Busan"]
    days: Literal[1, 2, 3]
    sunny: bool


@dataclass(frozen=True)
class Access:
    """`url` is that of the service."""

    url: str
    key: str
    key_id: str

    @property
    def v1(self) -> str:
        """What OpenAI's clients call their base URL."""
        return f"{self.url}/v1"

    @property
    def variables(self) -> dict[str, str]:
        """What the clients look for in the environment."""
        address = {"OPENAI_BASE_URL": self.v1, "ANTHROPIC_BASE_URL": self.url}
        return address | {"OPENAI_API_KEY": self.key, "ANTHROPIC_API_KEY": self.key}


def new_key(person: httpx.Client) -> Access:
    """A key of `person` for chatting and reading."""
    made = person.post("/api/keys", json={"name": "client", "scopes": ["chat", "read"]}).json()
    return Access(str(person.base_url).rstrip("/"), made["key"], made["id"])
