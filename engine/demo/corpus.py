"""Reads the questions and answers that the demo model is made of (`corpus/<language>/*.yaml`)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # the package has no types of its own

CORPUS_DIR = Path(__file__).parent / "corpus"
LANGUAGES = ("ko", "en")
NOT_ITEMS = ("refusal", "out_of_scope", "wrappers")
REFUSAL_ID = "refusal"


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
    """What is said to everything else: plain questions, and patterns with `{slot}`s to fill (`out_of_scope.yaml`)."""

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
    this one; `why_answer` is said where an item has no reason of its own; a system prompt is a few of `system`."""

    topic: tuple[str, ...]
    prefix: tuple[str, ...]
    suffix: tuple[str, ...]
    short: tuple[str, ...]
    why: tuple[str, ...]
    translate: tuple[str, ...]
    back: tuple[str, ...]
    why_answer: str
    system: tuple[str, ...]
    filler: tuple[str, ...]
    synonyms: tuple[list[str], ...]
    rewrites: tuple[tuple[str, list[str]], ...]


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
    return yaml.safe_load(path.read_text(encoding="utf-8"))


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
    refused = _read(folder / "refusal.yaml") | _read(folder / "out_of_scope.yaml")
    refused["ask"] += more.pop(REFUSAL_ID, [])
    if more:
        raise ValueError(f"{folder.name}/questions: there is no item {', '.join(sorted(more))}")
    refusal = Refusal(**_tuples(refused))
    return Corpus(language, items, refusal, Wrappers(**_tuples(_read(folder / "wrappers.yaml"))))


def _more_questions(folder: Path) -> dict[str, list[str]]:
    """Further words for the questions of items, by id."""
    more: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.yaml")):
        for item_id, questions in _read(path).items():
            more.setdefault(item_id, []).extend(questions)
    return more


def load_heldout(corpus: Corpus) -> list[HeldOut]:
    """The evaluation questions of a language; facts not written with the question are those of its item."""
    questions = []
    for fields in _read(CORPUS_DIR / f"heldout_{corpus.language}.yaml"):
        known = corpus.refusal if fields["id"] == REFUSAL_ID else corpus.items[fields["id"]]
        ask = fields["ask"] if isinstance(fields["ask"], list) else [fields["ask"]]
        questions.append(HeldOut(fields["id"], tuple(ask), tuple(fields.get("facts", known.facts))))
    return questions


def texts(corpus: Corpus) -> list[str]:
    """Every text of a corpus, for the tokenizer and its measurement: questions, topics, answers, refusals."""
    refusal, wrappers = corpus.refusal, corpus.wrappers
    found = [refusal.answer, refusal.short, refusal.why, *refusal.ask, *wrappers.topic, *wrappers.system]
    found += [*wrappers.short, *wrappers.why, *wrappers.translate, *wrappers.back, wrappers.why_answer]
    found += [word for words in refusal.slots.values() for word in words]
    for item in corpus.items.values():
        found += [*item.ask, *item.topics, item.answer]
        found += [text for text in (item.short, item.why) if text]
    return found
