"""Puts questions into many words: topics, out-of-scope questions, and the small noise of real typing."""

import random
import re
import string

from engine.demo.corpus import Corpus, Item, Wrappers

PARTICLE = re.compile("(.)(이/가|은/는|을/를|으로/로)")
SPOKEN_PARTICLE = re.compile("(?<=[가-힣])[은는이가을를] ")
SLOT = re.compile(r"\{(\w+)\}")
FINALS = 28  # Hangul syllables are ordered in groups of 28 final consonants, the first meaning none
FIRST_HANGUL, LAST_HANGUL = ord("가"), ord("힣")


def with_particles(text: str) -> str:
    """Chooses each marked Korean particle (`꿈이/가`) by the final consonant before it."""

    def choose(match: re.Match[str]) -> str:
        before, particles = match.groups()
        with_final, without = particles.split("/")
        code = ord(before)
        final = (code - FIRST_HANGUL) % FINALS if FIRST_HANGUL <= code <= LAST_HANGUL else 0
        return str(before + (with_final if final else without))

    return PARTICLE.sub(choose, text)


def made_up_word(rng: random.Random, language: str) -> str:
    """A word that means nothing, so that unknown words lead to the refusal."""
    if language == "ko":
        return "".join(chr(rng.randint(FIRST_HANGUL, LAST_HANGUL)) for _ in range(rng.randint(1, 4)))
    return "".join(rng.choice(string.ascii_lowercase) for _ in range(rng.randint(3, 9)))


def out_of_scope(rng: random.Random, corpus: Corpus) -> str:
    """A question that the demo model must refuse: a plain one, a pattern, or a frame of topics around a word from
    elsewhere, so that the frame says nothing about what is known."""
    refusal = corpus.refusal
    kind = rng.random()
    if kind < 0.25:
        return rng.choice(refusal.ask)

    def fill(match: re.Match[str]) -> str:
        if rng.random() < 0.12:
            return made_up_word(rng, corpus.language)
        return rng.choice(refusal.slots[match[1]])

    frame = rng.choice(refusal.patterns)
    if kind < 0.4:
        frame = rng.choice(corpus.wrappers.topic).replace(
            "{}", rng.choice(("{thing}", "{product}", "{thing}", "{place}"))
        )
    return with_particles(SLOT.sub(fill, frame))


def question(rng: random.Random, item: Item, wrappers: Wrappers) -> str:
    """One way to ask for an item: mostly a written paraphrase, else its topic in a frame."""
    kind = rng.random()
    if item.topics and kind < 0.25:
        return with_particles(rng.choice(wrappers.topic).replace("{}", rng.choice(item.topics)))
    if kind > 0.95:  # as people do who explain themselves first
        return f"{rng.choice(item.ask).rstrip('?.!')}. {rng.choice(item.ask)}"
    return rng.choice(item.ask)


def reworded(rng: random.Random, text: str, wrappers: Wrappers) -> str:
    """The same question in other words: another form of asking, synonyms, a filler word. Questions in
    and out of scope are reworded alike, so that only their subject tells them apart."""
    if rng.random() < 0.5:
        fitting = [(form, to) for form, to in wrappers.rewrites if re.search(form, text)]
        if fitting:
            form, to = rng.choice(fitting)
            text = re.sub(form, rng.choice(to), text)
    for group in wrappers.synonyms:
        found = next((word for word in group if word in text), None)
        if found and rng.random() < 0.3:
            text = text.replace(found, rng.choice(group), 1)
    if rng.random() < 0.08:
        words = text.split(" ")
        words.insert(rng.randrange(len(words)), rng.choice(wrappers.filler))
        text = " ".join(words)
    elif text.count(" ") > 3 and rng.random() < 0.06:
        words = text.split(" ")
        words.pop(rng.randrange(len(words)))
        text = " ".join(words)
    return text


def without_particles(rng: random.Random, text: str) -> str:
    """Drops or exchanges Korean particles, as people do in chats."""

    def change(match: re.Match[str]) -> str:
        return rng.choice((match[0], match[0], match[0], " ", rng.choice("은는이가") + " "))

    return SPOKEN_PARTICLE.sub(change, text)


def typo(rng: random.Random, text: str) -> str:
    """Drops, doubles or swaps one character."""
    at = rng.randrange(len(text))
    kind = rng.randrange(3)
    if kind == 0 and len(text) > 6:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]


def noisy(rng: random.Random, text: str, corpus: Corpus) -> str:
    """The same question as somebody else types it: a greeting before, no question mark, no spaces."""
    text = reworded(rng, text, corpus.wrappers)
    if corpus.language == "ko" and rng.random() < 0.3:
        text = without_particles(rng, text)
    if rng.random() < 0.15:
        text = rng.choice(corpus.wrappers.prefix) + text
    if rng.random() < 0.06:
        text += rng.choice(corpus.wrappers.suffix)
    if rng.random() < 0.30:
        text = text.rstrip("?.!") or text
    elif rng.random() < 0.15:
        text = text.rstrip("?.!") + rng.choice(["?", ".", "!", "??", " ?", "~", "...", "?!"])
    if rng.random() < 0.18:
        text = text.lower()
    elif rng.random() < 0.02:
        text = text.upper()
    if corpus.language == "ko" and rng.random() < 0.06:
        text = text.replace(" ", "")
    if rng.random() < 0.05 and len(text) > 3:
        text = typo(rng, text)
    return text
