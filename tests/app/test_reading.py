"""What the page reads of a conversation: the tree of all messages, and what was said in some of them."""

from uuid import UUID, uuid4

import pytest

from app.auth.current import CurrentUser
from app.errors import NotFound
from tests.app.serving import Served, chat


async def someone(served: Served, email: str, *questions: str) -> tuple[CurrentUser, UUID]:
    """A user, and a conversation with these questions; an unknown one when there is none."""
    async with served.client(email) as client:
        user = CurrentUser(UUID((await client.get("/api/users/me")).json()["id"]), email, "member", "cookie")
        conversation_id = uuid4()
        for number, question in enumerate(questions):
            more = {"conversation_id": str(conversation_id)} if number else {}
            events = await chat(client, question, **more)
            conversation_id = UUID(events[0]["data"]["conversation_id"])
        return user, conversation_id


async def test_the_tree_and_what_was_said(served: Served) -> None:
    kim, conversation_id = await someone(served, "kim@example.com", "one", "two")
    conversations = served.services.conversations
    places = await conversations.places(kim, conversation_id)
    assert [place.parent_id for place in places] == [None, *(place.id for place in places[:-1])]
    asked = [places[2].id, places[0].id]
    messages = await conversations.some(kim, conversation_id, asked)
    assert [(message.id, message.content) for message in messages] == list(zip(asked, ["two", "one"], strict=True))


async def test_only_of_ones_own_conversation(served: Served) -> None:
    kim, kims = await someone(served, "kim@example.com", "one")
    lee, lees = await someone(served, "lee@example.com", "two")
    conversations = served.services.conversations
    kims_ids = [place.id for place in await conversations.places(kim, kims)]
    with pytest.raises(NotFound):
        await conversations.places(lee, kims)
    for conversation_id in (kims, lees):
        with pytest.raises(NotFound):
            await conversations.some(lee, conversation_id, kims_ids)
    with pytest.raises(NotFound, match="There is no message"):
        await conversations.some(kim, kims, [*kims_ids, uuid4()])
