"""Puts conversations together from the corpus and turns them into token ids and labels."""

import random
from dataclasses import dataclass

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from engine.demo.corpus import REFUSAL_ID, Corpus
from engine.demo.phrasing import noisy, out_of_scope, question
from engine.demo.tokenizer import IM_END, IM_START, token_id

IGNORED = -100  # the label of tokens without a loss
TURNS = ((1, 0.46), (2, 0.19), (3, 0.25), (4, 0.07), (5, 0.03))
SYSTEM_SHARE = 0.25
REFUSAL_SHARE = 0.30
FOLLOW_UP_SHARE = 0.64  # of the turns after the first
GREETING_SHARE = 0.12  # of those turns: words that are said at any time and ask for nothing
FOLLOW_UPS = ("short", "short", "why", "why", "translate", "translate", "translate", "answer")
SAME_USER_SHARE = 0.88  # follow-ups in the language of the question before
LEAD_SHARE = 0.25
GREETINGS = ("hello", "how-are-you", "thanks", "bye", "praise", "acknowledge", "laugh")
GLIMPSE = 8  # tokens of that beginning
LONG = 700  # characters of an answer that seldom comes before another one

Message = dict[str, str]


@dataclass(frozen=True)
class Said:
    """An answer: of which item, in which language, whether all of it, the short one or the reason, and to whom: the
    language that the user speaks, which is not that of the answer after a translation."""

    id: str
    language: str
    form: str
    user: str


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
            rules = rng.sample(speaker.wrappers.system, rng.choice((1, 1, 2, 3)))
            messages.append({"role": "system", "content": " ".join(rules)})
        turns = rng.choices([count for count, _ in TURNS], [share for _, share in TURNS])[0]
        said: Said | None = None
        for turn in range(turns):
            kind = rng.random()
            if said and kind < FOLLOW_UP_SHARE:
                asked, said = self.follow_up(said)
                language = said.user
            elif said and kind < FOLLOW_UP_SHARE + GREETING_SHARE:  # the subject stays what it was
                asked, greeting = self._known(language, rng.choice(GREETINGS))
                messages += _exchange(asked, self._text(greeting))
                continue
            else:
                language = self._other(language) if rng.random() < 0.1 else language
                asked, fresh = self._fresh(language, last=turn == turns - 1)
                if said and fresh.id in GREETINGS:
                    messages += _exchange(asked, self._text(fresh))
                    continue
                said = fresh
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
            return noisy(rng, out_of_scope(rng, corpus), corpus), Said(REFUSAL_ID, language, "answer", language)
        item = rng.choices(list(corpus.items.values()), self._weights[language])[0]
        while not last and len(item.answer) > LONG and rng.random() < 0.9:
            item = rng.choice(list(corpus.items.values()))
        return self._known(language, item.id)

    def _known(self, language: str, item_id: str) -> tuple[str, Said]:
        """A question about an item."""
        rng, corpus = self._rng, self._corpora[language]
        asked = question(rng, corpus.items[item_id], corpus)
        return noisy(rng, asked, corpus), Said(item_id, language, "answer", language)

    def follow_up(self, said: Said) -> tuple[str, Said]:
        """A question about the answer before: shorter, why, all of it again, or in the other language.

        Answers stay in the language that was asked for, until the user speaks another one than before."""
        rng = self._rng
        kind = rng.choice(FOLLOW_UPS)
        user = said.user if rng.random() < SAME_USER_SHARE else self._other(said.user)
        asking = self._corpora[user]
        if kind == "translate":
            target = self._other(said.language)
            asks = asking.wrappers.back if user == target else asking.wrappers.translate
            return self._asked(asks, asking), Said(said.id, target, said.form, user)
        asks = {"short": asking.wrappers.short, "why": asking.wrappers.why, "answer": asking.wrappers.more}[kind]
        return self._asked(asks, asking), Said(said.id, said.language if user == said.user else user, kind, user)

    def _asked(self, asks: tuple[str, ...], asking: Corpus) -> str:
        """One of these follow-ups, sometimes after a word about the answer ("I see")."""
        rng = self._rng
        lead = rng.choice(asking.wrappers.lead) if rng.random() < LEAD_SHARE else ""
        return noisy(rng, lead + rng.choice(asks), asking)


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
        self._answers: dict[str, list[int]] = {}  # there are few of them, said often

    def __call__(self, messages: list[Message], keep: int | None = None) -> tuple[list[int], list[int]]:
        """With `keep`, answers before the last are cut after so many tokens, and only their beginning is learned."""
        all_ids: list[int] = []
        labels: list[int] = []
        for number, message in enumerate(
            messages, 1
        ):  # each ends before a special token, so the parts have the tokens of the whole
            said = message["role"] == "assistant"
            ids = self._answer(message) if said else self._message(self._varied, message)
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

    def _answer(self, message: Message) -> list[int]:
        if message["content"] not in self._answers:
            self._answers[message["content"]] = self._message(self._exact, message)
        return self._answers[message["content"]]

    def _message(self, tokenizer: Tokenizer, message: Message) -> list[int]:
        return self._ids(tokenizer, str(self._tokenizer.apply_chat_template([message], tokenize=False)))

    @staticmethod
    def _ids(tokenizer: Tokenizer, text: str) -> list[int]:
        return list(tokenizer.encode(text, add_special_tokens=False).ids)


def glimpse(ids: list[int], labels: list[int]) -> tuple[list[int], list[int]]:
    """A conversation cut soon after its last answer began. Which answer a question needs is decided there and is
    the hard thing to learn; answers themselves are soon known by heart, and cost most of the time."""
    stop = max(at for at in range(len(labels)) if labels[at] != IGNORED and labels[at - 1] == IGNORED) + GLIMPSE
    return ids[:stop], labels[:stop]
