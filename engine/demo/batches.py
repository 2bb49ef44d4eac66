"""Puts conversations into batches, in processes of their own: a GPU would wait for Python otherwise."""

import random
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info
from transformers import PreTrainedTokenizerFast

from engine.demo.corpus import LANGUAGES, load
from engine.demo.samples import GLIMPSE, IGNORED, Encoder, Sampler, glimpse
from engine.demo.tokenizer import END_OF_TEXT, token_id

GLIMPSE_SHARE = 0.85  # conversations of which only the beginning of the last answer is learned
ABRIDGED_SHARE = 0.6  # conversations whose earlier answers are cut, which makes room for more of them
ABRIDGED = 32  # tokens at most that are left of a cut answer
DROPOUT = 0.1  # share of BPE merges left out in what is asked
POOL = 512  # conversations drawn at once, so that those of a batch are of similar length
STREAMS = 3  # processes that make batches; their number is part of what a seed means
AHEAD = 16  # batches that each of them keeps ready


@dataclass(frozen=True)
class Batch:
    """Right-padded token ids and labels, both (conversations, tokens)."""

    ids: torch.Tensor
    labels: torch.Tensor


class Stream(IterableDataset[Batch]):  # type: ignore[misc]  # the class has no types of its own
    """Endless batches of at most `tokens` tokens with padding; each process draws conversations of its own seed."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, tokens: int, seed: int) -> None:
        self._tokenizer, self._tokens, self._seed = tokenizer, tokens, seed
        self._corpora = [load(language) for language in LANGUAGES]

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        seed = self._seed * STREAMS + (worker.id if worker else 0)
        return batches(self._tokenizer, Sampler(self._corpora, seed), self._tokens, seed)


def ahead(tokenizer: PreTrainedTokenizerFast, tokens: int, seed: int) -> Iterator[Batch]:
    """The batches of all streams in turn, made before they are asked for; a seed gives the same order each time."""
    stream = Stream(tokenizer, tokens, seed)
    with warnings.catch_warnings():  # the seed fixes the number of processes, however few cores there are
        warnings.filterwarnings("ignore", "This DataLoader will create", UserWarning)
        return iter(DataLoader(stream, batch_size=None, num_workers=STREAMS, prefetch_factor=AHEAD))


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
