"""What people are told about their first token, against when it came."""

import asyncio
import contextlib
import random
from bisect import bisect
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from loadtest.bench.fairness import SETTINGS, equal
from loadtest.bench.row import Figures, Line, Row
from loadtest.local_server import started
from loadtest.user import Turn, User, signed_up

WORDS = "모델 대화 기록 token 서버 queue 질문 답변 메모리 engine 사용자 prompt 설정 연결 stream 시간 화면 요청".split()


@dataclass(frozen=True)
class Size:
    """How many ask at once, step by step, and how often each."""

    depths: Sequence[int] = (1, 4, 8, 16, 32, 48)
    rounds: int = 4
    accounts: int = 6
    tokens: int = 48
    words: tuple[int, int] = (8, 1500)


def content(dice: random.Random, shortest: int, longest: int) -> str:
    """Words in an order that no cache knows; their number is spread evenly over the orders of magnitude."""
    count = round(shortest * (longest / shortest) ** dice.random())
    return " ".join(dice.choice(WORDS) for _ in range(count))


async def _person(user: User, dice: random.Random, size: Size) -> list[Turn]:
    """Asks, goes on with every second conversation, and thinks in between."""
    turns: list[Turn] = []
    conversation = None
    for _ in range(size.rounds):
        await asyncio.sleep(dice.random() / 2)
        turn = await user.ask(content(dice, *size.words), conversation, **equal(size.tokens))
        conversation = turn.data("queued")["conversation_id"] if conversation is None else None
        turns.append(turn)
    return turns


async def collect(url: str, size: Size, seed: int) -> list[Turn]:
    """All answers of one pass."""
    dice = random.Random(seed)
    turns: list[Turn] = []
    async with contextlib.AsyncExitStack() as stack:
        users = [await stack.enter_async_context(signed_up(url)) for _ in range(size.accounts)]
        for depth in size.depths:
            seeds = [random.Random(dice.random()) for _ in range(depth)]
            people = (_person(users[number % len(users)], own, size) for number, own in enumerate(seeds))
            for answered in await asyncio.gather(*people):
                turns += answered
    return turns


def _errors(pairs: Sequence[tuple[float, float]]) -> list[float]:
    return [100 * abs(said - came) / came for said, came in pairs if came > 0]


def real_places(turns: Sequence[Turn]) -> list[int]:
    """Of each answer, which place in the queue it turned out to have: 1 when nobody else got in before it."""
    entries = sorted(turn.at("started") for turn in turns)
    return [bisect(entries, turn.at("started")) - bisect(entries, turn.at("queued")) for turn in turns]


def figures(turns: Sequence[Turn]) -> Figures:
    """Median absolute relative errors, in percent, of the whole and of its parts."""
    pairs: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    signed = []
    for turn, place in zip(turns, real_places(turns), strict=True):
        queued, began, done = turn.data("queued"), turn.data("started"), turn.data("done")
        said, foretold, timing = queued["eta_ms"], began["predicted_ttft_ms"], done["timing"]
        left = 1000 * (turn.at("delta") - turn.at("queued"))
        prefill = None if foretold is None else foretold - began["queue_ms"]
        if prefill is not None:
            pairs["predicted"].append((foretold, timing["ttft_ms"]))
            pairs["prefill"].append((prefill, turn.data("prefilled")["prefill_ms"]))
        if said is None:
            continue
        signed.append(100 * (said - left) / left)
        pairs["sent"].append((said, turn.ttft_ms))
        kinds = ["eta", "waited" if queued["position"] else "direct"]
        kinds += ["cached"] if done["usage"]["cached_tokens"] else []
        for kind in kinds:
            pairs[kind].append((said, left))
        if queued["position"]:
            pairs["place"].append((queued["position"], place))
            if prefill is not None:
                pairs["wait"].append((said - prefill, timing["queue_ms"]))
    found = {name: median(errors) for name, both in pairs.items() if (errors := _errors(both))}
    return found | {"bias": median(signed or [0]), "told": 100 * len(signed) / len(turns), "count": len(turns)}


async def run(passes: int) -> list[Figures]:
    """All on one server: its estimates learn from pass to pass."""
    with started(SETTINGS) as server:
        return [figures(await collect(server.url, Size(), seed)) for seed in range(passes)]


ROW = Row(
    "prediction",
    (
        Line("eta", "error of the first `queued` event's `eta_ms`, from that event to the first text", "%", at_most=30),
        Line("predicted", "error of `started`'s `predicted_ttft_ms` against `done`'s `ttft_ms`", "%", at_most=30),
        Line("bias", "median signed error of `eta_ms` (below 0: told too little)", "%"),
        Line("direct", "error of `eta_ms` where nobody had to wait", "%"),
        Line("waited", "error of `eta_ms` of those who had to wait", "%"),
        Line("place", "part: the place told, against how many got in first", "%"),
        Line("wait", "part: the wait for a place", "%"),
        Line("prefill", "part: submission to first token", "%"),
        Line("cached", "error of `eta_ms` of second turns (prefix in the cache)", "%"),
        Line("sent", "error of `eta_ms` against the whole time since the question was sent", "%"),
        Line("told", "share of answers whose first event told a time", "%"),
        Line("count", "answers", "answers"),
    ),
    run,
)
