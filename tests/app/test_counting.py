"""The tokens of the next prompt, counted as it will be built."""

from collections.abc import AsyncIterator, Callable
from uuid import UUID

import httpx
import pytest

from app.auth.current import CurrentUser
from app.config import Settings
from app.conversations.counting import BUSY, Count, Said
from app.conversations.schemas import ChatSettings
from app.errors import NotFound
from tests.app.serving import Served, chat, serving
from tests.scripted_engine import ScriptedEngine


@pytest.fixture
async def served(make_settings: Callable[..., Settings], database_url: str) -> AsyncIterator[Served]:
    """A window of 40 words."""
    engine = ScriptedEngine(reply="one two three", window=40)
    async with serving(make_settings(database={"url": database_url}), engine) as running:
        await running.services.engine.wait_ready()
        yield running


async def user_of(served: Served, client: httpx.AsyncClient) -> CurrentUser:
    user = await served.services.auth.user_by_jwt(client.headers["Authorization"].removeprefix("Bearer "))
    assert user is not None
    return user


async def test_what_is_counted_is_what_is_sent(served: Served, client: httpx.AsyncClient) -> None:
    kim, counting = await user_of(served, client), served.services.counting
    settings = {"system_prompt": "be kind", "params": {"max_tokens": 5}}
    begun = ChatSettings.model_validate(settings)
    assert await counting.next_prompt(Said(), "a b c", begun, None) == Count(5, 40, exact=True)
    first = (await chat(client, "a b c", settings=settings))[0]["data"]
    assert served.engine.prompts[-1].tokens == 5
    conversation, leaf = UUID(first["conversation_id"]), UUID(first["message_id"])
    said = await counting.said(kim, conversation, leaf)
    # The system prompt, the question and its answer; then with what is typed, then too much of it.
    for typed, count in (
        ("", Count(8, 40, exact=True)),
        ("d e", Count(10, 40, exact=True)),
        ("x " * 32, Count(34, 40, exact=True, dropped=True)),
        ("x " * 40, Count(42, 40, exact=True, too_long=True)),
    ):
        assert await counting.next_prompt(said, typed, begun, None) == count, typed
    await chat(client, "d e", conversation_id=first["conversation_id"])
    assert served.engine.prompts[-1].tokens == 10


async def test_another_user_and_a_busy_model_count_nothing(served: Served, client: httpx.AsyncClient) -> None:
    first = (await chat(client, "a b c"))[0]["data"]
    counting, conversation = served.services.counting, UUID(first["conversation_id"])
    async with served.client("lee@example.com") as lee:
        with pytest.raises(NotFound):
            await counting.said(await user_of(served, lee), conversation, None)
    kim, admission = await user_of(served, client), served.services.backends.default.admission
    places = [admission.enter(kim.id) for _ in range(BUSY + 1)]
    assert admission.running > BUSY
    assert await counting.next_prompt(Said(), "a", ChatSettings(), None) is None
    assert await counting.system_prompt("be kind", None) is None
    for place in places:
        admission.leave(place)
    assert await counting.system_prompt("be kind", None) == Count(2, 40, exact=True)
