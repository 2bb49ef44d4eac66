"""Titles by the model: one cheap request in the background, or none."""

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import UUID

import httpx
import pytest
from prometheus_client import REGISTRY

from app.config import Settings
from app.conversations.schemas import ConversationView
from app.titles.service import Titles
from app.titles.wording import MAX_CHARS, MAX_TOKENS, cleaned, question
from engine.errors import EngineError
from tests.app.serving import Served, chat, serving

FIRST = "GPU는 무엇을 쓰나요?"


@pytest.fixture
async def served(make_settings: Callable[..., Settings], database_url: str) -> AsyncIterator[Served]:
    async with serving(make_settings(database={"url": database_url}, generations={"titles": True})) as instance:
        await instance.services.engine.wait_ready()
        yield instance


async def settled(served: Served) -> None:
    """Until nothing is under way in the background."""
    titles: Titles = served.services.titles
    async with asyncio.timeout(20):
        while titles._tasks:
            await asyncio.wait(list(titles._tasks))


def count(outcome: str) -> float:
    return REGISTRY.get_sample_value("chat_titles_total", {"outcome": outcome}) or 0.0


async def begun(served: Served, client: httpx.AsyncClient, title: str, content: str = FIRST) -> str:
    """Ask the first question of a conversation; the model would call it `title`."""
    answers = iter(["the answer", title])
    stream = served.engine.stream

    def scripted(*args: object, **more: object) -> object:
        served.engine.reply = next(answers)
        return stream(*args, **more)  # type: ignore[arg-type]

    served.engine.stream = scripted  # type: ignore[method-assign, assignment]
    try:
        conversation = (await chat(client, content))[0]["data"]["conversation_id"]
        await settled(served)
    finally:
        served.engine.stream = stream  # type: ignore[method-assign]
    return str(conversation)


async def title_of(client: httpx.AsyncClient, conversation: str) -> str:
    return str((await client.get(f"/api/conversations/{conversation}")).json()["title"])


async def test_the_first_answer_brings_a_title(served: Served, client: httpx.AsyncClient) -> None:
    me = UUID((await client.get("/api/users/me")).json()["id"])
    told: list[ConversationView] = []
    stop = served.services.titles.listen(me, told.append)
    used = (await client.get("/api/users/me/usage")).json()
    conversation = await begun(served, client, '**제목: "GPU 안내"**\nand more')
    assert await title_of(client, conversation) == "GPU 안내"
    assert [(str(one.id), one.title) for one in told] == [(conversation, "GPU 안내")]
    stop()
    # The prompt grows at its end, so that the prefix cache knows all but the last message.
    first, second = served.engine.prompts
    assert second.messages[: len(first.messages)] == first.messages
    assert second.cache_salt == first.cache_salt
    assert "제목" in second.messages[-1].content
    # It is a call of its own in the log, and costs the user nothing.
    log = (await client.get("/api/admin/requests")).json()["items"]
    assert sorted(one["route"] for one in log) == ["/api/chat", "title"]
    tokens = {one["name"]: one["used"] for one in used["limits"]}
    after = {one["name"]: one["used"] for one in (await client.get("/api/users/me/usage")).json()["limits"]}
    answer = next(one for one in log if one["route"] == "/api/chat")
    spent = answer["prompt_tokens"] + answer["completion_tokens"]
    assert after["tokens_per_day"] == tokens["tokens_per_day"] + spent
    assert len((await client.get(f"/api/conversations/{conversation}/messages")).json()["items"]) == 2
    await chat(client, "Und weiter?", conversation_id=conversation)
    await settled(served)
    assert len(served.engine.prompts) == 3


async def test_none_under_load_or_where_nobody_wants_one(served: Served, client: httpx.AsyncClient) -> None:
    dropped = count("dropped")
    admission = served.services.backends.default.admission
    other = UUID(int=1)
    # All places but one are taken: the last one is kept for whoever has nothing running.
    busy = [admission.enter(other) for _ in range(admission._slots - 1)]
    conversation = await begun(served, client, "A title")
    for ticket in busy:
        admission.leave(ticket)
    assert await title_of(client, conversation) == FIRST
    assert count("dropped") == dropped + 1
    own = (await client.post("/api/conversations", json={"title": "Mine"})).json()["id"]
    await chat(client, "x", conversation_id=own)
    temporary = (await chat(client, "x", temporary=True))[0]["data"]["conversation_id"]
    await settled(served)
    assert await title_of(client, own) == "Mine"
    assert await title_of(client, temporary) == ""
    assert admission.running == admission.waiting == 0


async def test_a_title_that_was_given_meanwhile_stays(served: Served, client: httpx.AsyncClient) -> None:
    unchanged = count("unchanged")
    conversation = (await chat(client, FIRST))[0]["data"]["conversation_id"]
    served.engine.gate.clear()
    await client.patch(f"/api/conversations/{conversation}", json={"title": "Renamed"})
    served.engine.gate.set()
    await settled(served)
    assert await title_of(client, conversation) == "Renamed"
    assert count("unchanged") <= unchanged + 1


async def test_what_fails_leaves_the_first_words(served: Served, client: httpx.AsyncClient) -> None:
    failed = count("failed")
    empty = await begun(served, client, '"**"')
    assert await title_of(client, empty) == FIRST
    answered = served.engine.stream

    def failing(request_id: str, prompt: object, *args: object) -> object:
        if len(served.engine.prompts) >= 3:
            raise EngineError("lost")
        return answered(request_id, prompt, *args)  # type: ignore[arg-type]

    served.engine.stream = failing  # type: ignore[method-assign, assignment]
    conversation = (await chat(client, FIRST))[0]["data"]["conversation_id"]
    await settled(served)
    assert await title_of(client, conversation) == FIRST
    assert count("failed") == failed + 2
    assert served.services.backends.default.admission.running == 0


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("GPU 선택 안내", "GPU 선택 안내"),
        ('"Choosing a GPU"', "Choosing a GPU"),
        ("**Title:** `Choosing` a GPU.\n\nBecause …", "Choosing a GPU"),
        ("제목: 「회의 요약」", "회의 요약"),
        ("\n\n# Don't panic!\n", "Don't panic"),
        ("<script>alert(1)</script>", "script alert(1) /script"),
        ("[link](https://evil.example)", "link (https://evil.example)"),
        ("'quoted'", "quoted"),
        ("\u202eabc\u200b", "abc"),
        ("***", ""),
        ("", ""),
        ("…", ""),
    ],
)
def test_what_is_left_of_the_answer(answer: str, title: str) -> None:
    assert cleaned(answer) == title


def test_bounds() -> None:
    assert len(cleaned("wort " * 100)) <= MAX_CHARS
    assert cleaned("x" * 500) == "x" * MAX_CHARS
    assert MAX_TOKENS <= 32
    assert question("안녕") != question("hello")
