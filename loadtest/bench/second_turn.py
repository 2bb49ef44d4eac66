"""A conversation of fifty turns: what of the prompt comes from the prefix cache, and how long the first text takes."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from loadtest.bench.fairness import equal
from loadtest.bench.row import DEMO, Figures, Line, Row
from loadtest.local_server import started
from loadtest.questions import QUESTIONS
from loadtest.user import Turn, signed_up


@dataclass(frozen=True)
class Size:
    """The first question holds `sentences` questions, several thousand tokens."""

    sentences: int = 500
    turns: int = 50
    tokens: int = 16


async def converse(url: str, size: Size) -> list[Turn]:
    """One conversation that no cache has seen before."""
    async with signed_up(url) as user:
        long = " ".join(QUESTIONS[number % len(QUESTIONS)] for number in range(size.sentences))
        turns = [await user.ask(f"{uuid.uuid4()} {long}", **equal(size.tokens))]
        conversation = turns[0].data("queued")["conversation_id"]
        for number in range(1, size.turns):
            question = QUESTIONS[number % len(QUESTIONS)]
            turns.append(await user.ask(question, conversation, **equal(size.tokens)))
    return turns


def figures(turns: Sequence[Turn]) -> Figures:
    """Of turns 2 to the last, with the first as what they are compared with."""
    usages = [turn.data("done")["usage"] for turn in turns]
    shares = [100 * usage["cached_tokens"] / usage["prompt_tokens"] for usage in usages[1:]]
    later = [turn.ttft_ms for turn in turns[1:]]
    engine = [turn.data("prefilled")["prefill_ms"] for turn in turns[1:]]
    before = [whole - part for whole, part in zip(later, engine, strict=True)]
    fifth = max(1, len(later) // 5)
    return {
        "share": median(shares),
        "least": min(shares),
        "first": turns[0].ttft_ms,
        "later": median(later),
        "ratio": median(later) / turns[0].ttft_ms,
        "flat": median(later[-fifth:]) / median(later[:fifth]),
        "engine_early": median(engine[:fifth]),
        "engine_late": median(engine[-fifth:]),
        "before_early": median(before[:fifth]),
        "before_late": median(before[-fifth:]),
        "prompt_first": usages[0]["prompt_tokens"],
        "prompt_last": usages[-1]["prompt_tokens"],
    }


async def run(passes: int) -> list[Figures]:
    """All on one server, each pass a new conversation."""
    with started(DEMO) as server:
        return [figures(await converse(server.url, Size())) for _ in range(passes)]


ROW = Row(
    "second_turn",
    (
        Line("share", "share of the prompt that came from the cache, turns 2 to 50, median", "%", 1, at_least=95),
        Line("least", "the same, the least of all turns", "%", 1),
        Line("first", "first text of turn 1", "ms"),
        Line("later", "first text of turns 2 to 50, median", "ms", 1),
        Line("ratio", "turns 2 to 50 / turn 1"),
        Line("flat", "first text, last fifth of the turns / first fifth", at_most=1.2),
        Line("engine_early", "part: submission to first token, first fifth", "ms", 1),
        Line("engine_late", "part: submission to first token, last fifth", "ms", 1),
        Line("before_early", "part: all else (request, reading, rendering, delivery), first fifth", "ms", 1),
        Line("before_late", "part: all else, last fifth", "ms", 1),
        Line("prompt_first", "prompt of turn 1", "tokens"),
        Line("prompt_last", "prompt of turn 50", "tokens"),
    ),
    run,
)
