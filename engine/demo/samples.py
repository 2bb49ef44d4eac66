"""Puts conversations together from the corpus and turns them into tokens and labels."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from engine.demo.corpus import REFUSAL_ID, Corpus
from engine.demo.phrasing import noisy, out_of_scope, question
from engine.demo.tokenizer import END_OF_TEXT, IM_END, IM_START, token_id

IGNORED = -100  # the label of tokens without a loss
TURNS = ((1, 0.66), (2, 0.20), (3, 0.11), (5, 0.03))
SYSTEM_SHARE = 0.3
REFUSAL_SHARE = 0.25
FOLLOW_UP_SHARE = 0.45  # of the turns after the first
GREETING_SHARE = 0.12  # of those turns: words that are said at any time and ask for nothing
GREETINGS = ("hello", "how-are-you", "thanks", "bye", "praise", "acknowledge", "laugh")
GLIMPSE_SHARE = 0.85  # conversations of which only the beginning of the last answer is learned
GLIMPSE = 8  # tokens of that beginning
ABRIDGED_SHARE = 0.5  # conversations whose earlier answers are cut, which makes room for more of them
ABRIDGED = 40  # tokens at most that are left of a cut answer
LONG = 700  # characters of an answer that seldom comes before another one
DROPOUT = 0.1  # share of BPE merges left out in what is asked
POOL = 512  # conversations drawn at once, so that those of a batch are of similar length

Message = dict[str, str]


@dataclass(frozen=True)
class Batch:
    """Right-padded token ids and labels, both (conversations, tokens)."""

    ids: torch.Tensor
    labels: torch.Tensor


@dataclass(frozen=True)
class Said:
    """An answer: of which item, in which language, and whether all of it, the short one or the reason."""

    id: str
    language: str
    form: str = "answer"


class Sampler:
    """An endless, seeded source of conversations in all languages."""

    def __init__(self, corpora: list[Corpus], seed: int) -> None:
        self._corpora = {corpus.language: corpus for corpus in corpora}
        self._rng = random.Random(seed)
        self._weights = {c.language: [item.weight for item in c.items.values()] for c in corpora}

    def conversation(self) -> list[Message]:
        """Messages of one conversation, with or without a system prompt."""
        rng = self._rng
        language = rng.choice(list(self._corpora))
        messages: list[Message] = []
        if rng.random() < SYSTEM_SHARE:
            speaker = self._corpora[language if rng.random() < 0.7 else self._other(language)]
            rules = rng.sample(speaker.wrappers.system, rng.randint(1, 3))
            messages.append({"role": "system", "content": " ".join(rules)})
        turns = rng.choices([count for count, _ in TURNS], [share for _, share in TURNS])[0]
        said: Said | None = None
        for turn in range(turns):
            kind = rng.random()
            if said and kind < FOLLOW_UP_SHARE:
                asked, said = self._follow_up(said)
            elif said and kind < FOLLOW_UP_SHARE + GREETING_SHARE:
                asked, said = self._known(language, rng.choice(GREETINGS))
            else:
                language = self._other(language) if rng.random() < 0.1 else language
                asked, said = self._fresh(language, last=turn == turns - 1)
            messages += _exchange(asked, self._text(said))
        return messages

    def _other(self, language: str) -> str:
        return next(other for other in self._corpora if other != language)

    def _text(self, said: Said) -> str:
        """The words of an answer; an item without a short one says all, one without a reason the general one."""
        corpus = self._corpora[said.language]
        known = corpus.refusal if said.id == REFUSAL_ID else corpus.items[said.id]
        if said.form == "why":
            return known.why or corpus.wrappers.why_answer
        return (known.short if said.form == "short" else None) or known.answer

    def _fresh(self, language: str, last: bool) -> tuple[str, Said]:
        """A question that needs no other before it."""
        rng, corpus = self._rng, self._corpora[language]
        if rng.random() < REFUSAL_SHARE:
            return noisy(rng, out_of_scope(rng, corpus), corpus), Said(REFUSAL_ID, language)
        item = rng.choices(list(corpus.items.values()), self._weights[language])[0]
        while not last and len(item.answer) > LONG and rng.random() < 0.9:
            item = rng.choice(list(corpus.items.values()))
        return self._known(language, item.id)

    def _known(self, language: str, item_id: str) -> tuple[str, Said]:
        """A question about an item."""
        rng, corpus = self._rng, self._corpora[language]
        asked = question(rng, corpus.items[item_id], corpus.wrappers)
        return noisy(rng, asked, corpus), Said(item_id, language)

    def _follow_up(self, said: Said) -> tuple[str, Said]:
        """A question about the answer before: shorter, why, or in the other language."""
        rng = self._rng
        kind = rng.choice(("short", "why", "translate", "translate"))
        asking = self._corpora[said.language if rng.random() < 0.85 else self._other(said.language)]
        if kind == "translate":
            target = self._other(said.language)
            asks = asking.wrappers.back if asking.language == target else asking.wrappers.translate
            return noisy(rng, rng.choice(asks), asking), Said(said.id, target, said.form)
        asks = asking.wrappers.short if kind == "short" else asking.wrappers.why
        return noisy(rng, rng.choice(asks), asking), Said(said.id, asking.language, kind)


def _exchange(asked: str, answer: str) -> list[Message]:
    return [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]


class Encoder:
    """Turns conversations into token ids and labels; only what the assistant says has labels.

    With `dropout` (a share of merges left out, 0 to 1) the same words of a user or system message come in
    other tokens each time, from which the model learns to read unknown inflections."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, dropout: float = 0.0) -> None:
        self._tokenizer = tokenizer
        self._exact = tokenizer.backend_tokenizer
        self._varied = Tokenizer.from_str(self._exact.to_str())
        self._varied.model.dropout = dropout
        self._header = len(self._ids(self._exact, IM_START + "assistant\n"))
        self._end = token_id(tokenizer, IM_END)

    def __call__(self, messages: list[Message], keep: int | None = None) -> tuple[list[int], list[int]]:
        """With `keep`, answers before the last are cut after so many tokens, and only their beginning is learned."""
        all_ids: list[int] = []
        labels: list[int] = []
        for number, message in enumerate(
            messages, 1
        ):  # each ends before a special token, so the parts have the tokens of the whole
            said = message["role"] == "assistant"
            text = str(self._tokenizer.apply_chat_template([message], tokenize=False))
            ids = self._ids(self._exact if said else self._varied, text)
            if keep and said and number < len(messages):
                ids = ids[: self._header + keep] + ids[-2:]  # the end of a message is two tokens
                learned = ids[self._header : self._header + min(keep, GLIMPSE)]
                all_ids += ids
                labels += [IGNORED] * self._header + learned
                labels += [IGNORED] * (len(all_ids) - len(labels))
                continue
            all_ids += ids
            stop = ids.index(self._end) + 1 if said else 0
            start = self._header if said else 0
            labels += [IGNORED] * start + ids[start:stop] + [IGNORED] * (len(ids) - stop)
        return all_ids, labels

    @staticmethod
    def _ids(tokenizer: Tokenizer, text: str) -> list[int]:
        return list(tokenizer.encode(text, add_special_tokens=False).ids)


def glimpse(ids: list[int], labels: list[int]) -> tuple[list[int], list[int]]:
    """A conversation cut soon after its last answer began. Which answer a question needs is decided there and is
    the hard thing to learn; answers themselves are soon known by heart, and cost most of the time."""
    stop = max(at for at in range(len(labels)) if labels[at] != IGNORED and labels[at - 1] == IGNORED) + GLIMPSE
    return ids[:stop], labels[:stop]


def batches(tokenizer: PreTrainedTokenizerFast, sampler: Sampler, tokens: int, seed: int) -> Iterator[Batch]:
    """Endless batches of at most `tokens` tokens with padding; conversations of similar length share one."""
    rng = random.Random(seed)
    encode = Encoder(tokenizer, DROPOUT)
    pad = token_id(tokenizer, END_OF_TEXT)
    while True:
        pool = []
        for _ in range(POOL):
            keep = rng.randint(GLIMPSE, ABRIDGED) if rng.random() < ABRIDGED_SHARE else None
            pool.append(encode(sampler.conversation(), keep))
        pool = [glimpse(*sample) if rng.random() < GLIMPSE_SHARE else sample for sample in pool]
        pool.sort(key=lambda sample: len(sample[0]))
        groups: list[list[tuple[list[int], list[int]]]] = [[]]
        for sample in pool:
            if groups[-1] and (len(groups[-1]) + 1) * len(sample[0]) > tokens:
                groups.append([])
            groups[-1].append(sample)
        rng.shuffle(groups)
        for group in groups:
            longest = max(len(ids) for ids, _ in group)
            yield Batch(
                torch.tensor([ids + [pad] * (longest - len(ids)) for ids, _ in group]),
                torch.tensor([labels + [IGNORED] * (longest - len(labels)) for _, labels in group]),
            )
