"""A property: whatever two people have and ask, a prompt holds only what stands on the path of who asks."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as limited
from hypothesis import strategies as st

from app.config import Settings
from app.db import new_id
from tests.app.serving import Served

SECRET = "never-in-a-prompt-"
# What every prompt of one person holds, and no prompt of the other.
OWN_WORDS = ("kimsword", "leesword")

# (who, what to do, which of all conversations so far, which of all messages so far).
Step = tuple[int, str, int, int]
STEPS = st.tuples(
    st.sampled_from([0, 1]),
    st.sampled_from(["new", "send", "send", "branch", "branch", "regenerate", "continue", "system"]),
    st.integers(0, 50),
    st.integers(0, 50),
)

Clients = tuple[httpx.AsyncClient, httpx.AsyncClient]


class World:
    """Two people, and what the service has told either of them."""

    def __init__(self, served: Served, clients: Clients) -> None:
        self.served = served
        self.clients = clients
        self.conversations: list[str] = []
        self.messages: list[str] = []
        self.refused = self.answered = self.asked = 0

    async def step(self, who: int, act: str, conversation: int, message: int) -> None:
        """One request with ids of anybody. A prompt that comes of it is looked at."""
        client, engine = self.clients[who], self.served.engine
        known = self.conversations[conversation % len(self.conversations)] if self.conversations else None
        above = self.messages[message % len(self.messages)] if self.messages else None
        self.asked += 1
        body: dict[str, Any] = {"content": f"{OWN_WORDS[who]} {self.asked}", "params": {"max_tokens": 2}}
        del engine.prompts[:]
        if act == "system":
            if known:
                await client.patch(f"/api/conversations/{known}", json={"system_prompt": f"{OWN_WORDS[who]} rules"})
            return
        path = "/api/chat"
        if act in ("regenerate", "continue"):
            path, body = f"/api/messages/{above or new_id()}/{act}", {}
        elif act != "new":
            body |= {"conversation_id": known} | ({"parent_id": above} if act == "branch" else {})
        answer = await client.post(path, json=body, headers={"Accept": "application/json"})
        assert answer.status_code in (200, 404, 409, 422), answer.text
        if answer.status_code != 200:
            self.refused += 1
            assert engine.prompts == []
            return
        self.answered += 1
        await self._look(who, answer.json())

    async def _look(self, who: int, answer: dict[str, Any]) -> None:
        """The prompt is the system prompt, and the path above the answer, of a conversation of this person."""
        [prompt] = self.served.engine.prompts
        said = "\n\n".join(message.content for message in prompt.messages)
        assert OWN_WORDS[1 - who] not in said
        assert SECRET not in said
        url = f"/api/conversations/{answer['conversation_id']}"
        own = (await self.clients[who].get(url)).json()
        rows = {row["id"]: row for row in (await self.clients[who].get(f"{url}/messages")).json()["items"]}
        path, above = [], rows[answer["message_id"]]["parent_id"]
        while above is not None:
            path.append(rows[above]["content"])
            above = rows[above]["parent_id"]
        assert said == "\n\n".join([own["system_prompt"]] * bool(own["system_prompt"]) + path[::-1])
        assert (await self.clients[1 - who].get(url)).status_code == 404
        if answer["conversation_id"] not in self.conversations:
            self.conversations.append(answer["conversation_id"])
        self.messages += [one for one in rows if one not in self.messages]


@pytest.fixture
def settings(make_settings: Callable[..., Settings], database_url: str) -> Settings:
    """Every secret that a setting can hold, to be looked for in prompts."""
    return make_settings(
        database={"url": database_url},
        auth={"secret": SECRET * 3},
        admin={"email": "boss@example.com", "password": SECRET + "admin"},
        engine={"api_key": SECRET + "key"},
        models=[{"name": "x", "base_url": "http://gpu/v1", "api_key": SECRET}],
    )


@pytest.fixture
async def people(served: Served) -> AsyncIterator[Clients]:
    async with served.client("kim@example.com") as kim, served.client("lee@example.com") as lee:
        yield kim, lee


async def walk(served: Served, people: Clients, steps: list[Step]) -> World:
    world = World(served, people)
    # Both have something that the other could reach for: conversations 0 and 1, messages 0 to 3.
    for step in [(0, "new", 0, 0), (1, "new", 0, 0), *steps]:
        await world.step(*step)
    return world


@given(steps=st.lists(STEPS, min_size=4, max_size=14))
@limited(  # walks are short, and each costs a second: they are not made shorter
    max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_a_prompt_holds_only_the_path_of_who_asks(served: Served, people: Clients, steps: list[Step]) -> None:
    await walk(served, people, steps)


async def test_the_steps_reach_what_is_asked(served: Served, people: Clients) -> None:
    """The property would hold of a service that refuses everything."""
    kims: list[Step] = [(0, "send", 0, 0), (0, "system", 0, 0), (0, "branch", 0, 1), (0, "regenerate", 0, 0)]
    world = await walk(served, people, [*kims, (0, "continue", 0, 1)])
    assert (world.answered, world.refused) == (6, 0)
    foreign: list[Step] = [(1, act, 0, 1) for act in ("send", "branch", "regenerate", "continue", "system")]
    # Her own conversation, below a message of his.
    world = await walk(served, people, [*kims, *foreign, (1, "branch", 1, 1)])
    assert (world.answered, world.refused) == (5, 5)
