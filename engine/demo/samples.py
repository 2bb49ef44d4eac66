"""Puts conversations together from the corpus and turns them into tokens and labels."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from engine.demo.corpus import Corpus, Item
from engine.demo.phrasing import noisy, out_of_scope, question
from engine.demo.tokenizer import END_OF_TEXT, IM_END, IM_START, token_id

IGNORED = -100  # the label of tokens without a loss
TURNS = ((1, 0.80), (2, 0.13), (3, 0.06), (7, 0.01))
REFUSAL_SHARE = 0.22
FOLLOW_UP_SHARE = 0.45
GLIMPSE_SHARE = 0.85  # conversations of which only the beginning of the last answer is learned
GLIMPSE = 8  # tokens of that beginning
DROPOUT = 0.1  # share of BPE merges left out in what is asked
POOL = 512  # conversations drawn at once, so that those of a batch are of similar length

Message = dict[str, str]


@dataclass(frozen=True)
class Batch:
    """Right-padded token ids and labels, both (conversations, tokens)."""

    ids: torch.Tensor
    labels: torch.Tensor


class Sampler:
    """An endless, seeded source of conversations in all languages."""

    def __init__(self, corpora: list[Corpus], seed: int) -> None:
        self._corpora = {corpus.language: corpus for corpus in corpora}
        self._rng = random.Random(seed)
        self._weights = {c.language: [item.weight for item in c.items.values()] for c in corpora}

    def conversation(self) -> list[Message]:
        """Messages of one conversation, with or without a system prompt."""
        rng = self._rng
        corpus = rng.choice(list(self._corpora.values()))
        messages: list[Message] = []
        if rng.random() < 0.25:
            speaker = rng.choice(list(self._corpora.values()))
            messages.append({"role": "system", "content": rng.choice(speaker.wrappers.system)})
        turns = rng.choices([count for count, _ in TURNS], [share for _, share in TURNS])[0]
        while turns > 0:
            if rng.random() < 0.1:
                corpus = rng.choice(list(self._corpora.values()))
            turns -= self._turn(corpus, messages, follow=turns > 1)
        return messages

    def _turn(self, corpus: Corpus, messages: list[Message], follow: bool) -> int:
        """Appends a question and its answer, perhaps a follow-up too; returns how many turns that made."""
        rng = self._rng
        if rng.random() < REFUSAL_SHARE:
            asked = noisy(rng, out_of_scope(rng, corpus.language, corpus.refusal), corpus)
            messages += _exchange(asked, corpus.refusal.answer)
            return 1
        item = rng.choices(list(corpus.items.values()), self._weights[corpus.language])[0]
        messages += _exchange(noisy(rng, question(rng, item, corpus.wrappers), corpus), item.answer)
        if not follow or rng.random() > FOLLOW_UP_SHARE:
            return 1
        asked, answer = self._follow_up(corpus, item)
        messages += _exchange(noisy(rng, asked, corpus), answer)
        return 2

    def _follow_up(self, corpus: Corpus, item: Item) -> tuple[str, str]:
        """A second question about the same item and its answer: shorter, why, or in the other language."""
        rng, wrappers = self._rng, corpus.wrappers
        choices = [(wrappers.short, item.short), (wrappers.why, item.why)]
        known = [(asks, answer) for asks, answer in choices if answer]
        if not known or rng.random() < 0.3:
            other = next(c for language, c in self._corpora.items() if language != corpus.language)
            known = [(wrappers.translate, other.items[item.id].answer)]
        asks, answer = rng.choice(known)
        return rng.choice(asks), answer


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

    def __call__(self, messages: list[Message]) -> tuple[list[int], list[int]]:
        all_ids: list[int] = []
        labels: list[int] = []
        for message in messages:  # each ends before a special token, so the parts have the tokens of the whole
            said = message["role"] == "assistant"
            text = str(self._tokenizer.apply_chat_template([message], tokenize=False))
            ids = self._ids(self._exact if said else self._varied, text)
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
        pool = [encode(sampler.conversation()) for _ in range(POOL)]
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
