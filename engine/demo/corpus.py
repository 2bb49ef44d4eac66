"""Reads the questions and answers that the demo model is made of (`corpus/<language>/*.yaml`)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # the package has no types of its own

CORPUS_DIR = Path(__file__).parent / "corpus"
LANGUAGES = ("ko", "en")
ELSEWHERE = ("out_of_scope", "elsewhere", "words")  # patterns of what is out of scope, and words for their slots
NOT_ITEMS = ("refusal", "wrappers", *ELSEWHERE)
REFUSAL_ID = "refusal"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C it takes a tenth of the time


@dataclass(frozen=True)
class Item:
    """One thing the model knows. `facts` are strings that a right answer holds; `weight` is how often it is
    drawn while training, 1 being usual; `short` and `why` answer the follow-ups of these names."""

    id: str
    ask: tuple[str, ...]
    answer: str
    facts: tuple[str, ...]
    topics: tuple[str, ...] = ()
    short: str | None = None
    why: str | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class Refusal:
    """What is said to everything else: plain questions, and patterns with `{slot}`s to fill, whose words may hold
    slots again."""

    answer: str
    facts: tuple[str, ...]
    short: str
    why: str
    ask: tuple[str, ...]
    patterns: tuple[str, ...]
    slots: dict[str, list[str]]


@dataclass(frozen=True)
class Wrappers:
    """Ways to put a topic, a question or a follow-up into words, and system prompts.

    `rewrites` are pairs of a pattern and the texts that may replace it; `synonyms` are groups of words that
    may stand for each other; `filler` words may stand anywhere. `translate` asks for the other language, `back` for
    this one, `more` for all of the answer once more, and `lead` goes before any of these; `why_answer` is said where
    an item has no reason of its own; a system prompt is a few of `system`. `context` goes before a question
    and says nothing about it.

    What makes a known question foreign: `itself` is a pattern for the names of this service and `stranger` what may
    take their place; `foreign` are frames around a question without `own`, a pattern for what only this service has."""

    topic: tuple[str, ...]
    prefix: tuple[str, ...]
    suffix: tuple[str, ...]
    short: tuple[str, ...]
    why: tuple[str, ...]
    translate: tuple[str, ...]
    back: tuple[str, ...]
    more: tuple[str, ...]
    lead: tuple[str, ...]
    why_answer: str
    system: tuple[str, ...]
    filler: tuple[str, ...]
    synonyms: tuple[list[str], ...]
    rewrites: tuple[tuple[str, list[str]], ...]
    context: tuple[str, ...]
    itself: str
    own: str
    stranger: tuple[str, ...]
    foreign: tuple[str, ...]


@dataclass(frozen=True)
class Corpus:
    """Everything in one language, items by id."""

    language: str
    items: dict[str, Item]
    refusal: Refusal
    wrappers: Wrappers


@dataclass(frozen=True)
class HeldOut:
    """An evaluation question: the user's turns in order, and the facts of the answer to the last."""

    id: str
    ask: tuple[str, ...]
    facts: tuple[str, ...]


def _read(path: Path) -> Any:  # what a YAML file holds is known only to its reader
    return yaml.load(path.read_text(encoding="utf-8"), LOADER)  # noqa: S506  # both are safe loaders


def _tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}


def load(language: str) -> Corpus:
    """The corpus of one language; a duplicate or unknown id, or an unknown field, is an error."""
    folder = CORPUS_DIR / language
    more = _more_questions(folder / "questions")
    items: dict[str, Item] = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.stem in NOT_ITEMS:
            continue
        for fields in _read(path):
            fields["ask"] += more.pop(fields["id"], [])
            item = Item(**_tuples(fields))
            if item.id in items:
                raise ValueError(f"{path.name}: the id {item.id} occurs twice")
            items[item.id] = item
    refused = _read(folder / "refusal.yaml") | _elsewhere(folder)
    refused["ask"] += more.pop(REFUSAL_ID, [])
    if more:
        raise ValueError(f"{folder.name}/questions: there is no item {', '.join(sorted(more))}")
    refusal = Refusal(**_tuples(refused))
    return Corpus(language, items, refusal, Wrappers(**_tuples(_read(folder / "wrappers.yaml"))))


def _elsewhere(folder: Path) -> dict[str, Any]:
    """The patterns and the words for their slots, put together from their files."""
    patterns: list[str] = []
    slots: dict[str, list[str]] = {}
    for name in ELSEWHERE:
        found = _read(folder / f"{name}.yaml")
        patterns += found.get("patterns", [])
        for slot, words in found.get("slots", {}).items():
            slots.setdefault(slot, []).extend(words)
    return {"patterns": patterns, "slots": slots}


def _more_questions(folder: Path) -> dict[str, list[str]]:
    """Further words for the questions of items, by id."""
    more: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.yaml")):
        for item_id, questions in _read(path).items():
            more.setdefault(item_id, []).extend(questions)
    return more


def load_heldout(corpus: Corpus, folder: Path = CORPUS_DIR) -> list[HeldOut]:
    """The evaluation questions of a language (`heldout_<language>.yaml`); facts not written with the question are
    those of its item."""
    questions = []
    for fields in _read(folder / f"heldout_{corpus.language}.yaml"):
        known = corpus.refusal if fields["id"] == REFUSAL_ID else corpus.items[fields["id"]]
        ask = fields["ask"] if isinstance(fields["ask"], list) else [fields["ask"]]
        questions.append(HeldOut(fields["id"], tuple(ask), tuple(fields.get("facts", known.facts))))
    return questions


def texts(corpus: Corpus) -> list[str]:
    """Every text of a corpus, for the tokenizer and its measurement: questions, topics, answers, refusals.

    Words for the slots of patterns are left out: they stand for all unknown words, which get no tokens either."""
    refusal, wrappers = corpus.refusal, corpus.wrappers
    found = [refusal.answer, refusal.short, refusal.why, *refusal.ask, *wrappers.topic, *wrappers.system]
    found += [*wrappers.short, *wrappers.why, *wrappers.translate, *wrappers.back, *wrappers.more, wrappers.why_answer]
    for item in corpus.items.values():
        found += [*item.ask, *item.topics, item.answer]
        found += [text for text in (item.short, item.why) if text]
    return found
