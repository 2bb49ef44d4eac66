"""Puts questions into many words: topics, out-of-scope questions, and the small noise of real typing."""

import random
import re
import string

from engine.demo.corpus import Corpus, Item, Wrappers

PARTICLE = re.compile("(.)(이/가|은/는|을/를|으로/로)")
SPOKEN_PARTICLE = re.compile("(?<=[가-힣])[은는이가을를] ")
SLOT = re.compile(r"\{(\w+)\}")
BEFORE_VOWEL = re.compile(r"\b([Aa])(?= [aeiou])")
CONSONANT_Y_PLURAL = re.compile(r"\b(\w+[bcdfghklmnprstvxz])ys\b")
SIBILANT_PLURAL = re.compile(r"\b(\w+(?:ch|sh|ss|x))s\b")
ONSETS = ("", *"b bl br d dr f fl g gr h k l m n p pr qu r s sk st t tr v w z".split())
RHYMES = tuple("a e i o u an ar el en er in ing ip ock ole om on oo or ump und y".split())
COMMON_SYLLABLES = (
    "가거고구그기나너노누니다더도두드디라러로루르리마머모무미바버보부비사서소수스시아어오우으이자저조주지차처"
    "초추치카코크타터토트티파포프하허호후히간건군길남달문방산선성신안연영운원은인장정종진찬춘한현형홍"
)
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


def with_articles(text: str) -> str:
    """English `a` before a vowel becomes `an`; "nurses" and "beachs" get their right plural."""
    text = BEFORE_VOWEL.sub(r"\1n", text)
    return SIBILANT_PLURAL.sub(r"\1es", CONSONANT_Y_PLURAL.sub(r"\1ies", text))


def made_up_word(rng: random.Random, language: str) -> str:
    """A word that means nothing, so that unknown words lead to the refusal: syllables, or keys hit at random."""
    if language == "ko":
        if rng.random() < 0.6:
            return "".join(rng.choice(COMMON_SYLLABLES) for _ in range(rng.randint(1, 4)))
        return "".join(chr(rng.randint(FIRST_HANGUL, LAST_HANGUL)) for _ in range(rng.randint(1, 4)))
    if rng.random() < 0.6:
        return "".join(rng.choice(ONSETS) + rng.choice(RHYMES) for _ in range(rng.randint(1, 3)))
    return "".join(rng.choice(string.ascii_lowercase) for _ in range(rng.randint(3, 9)))


def filled(rng: random.Random, text: str, corpus: Corpus) -> str:
    """The text with a word in each slot, whose own slots are filled too."""

    def word(match: re.Match[str]) -> str:
        if match[1] == "number" and rng.random() < 0.6:
            return str(rng.randrange(10 ** rng.randint(1, 5)))
        found = rng.choice(corpus.refusal.slots[match[1]])
        if "{" not in found and rng.random() < 0.1:
            return made_up_word(rng, corpus.language)
        return found

    while SLOT.search(text):
        text = SLOT.sub(word, text)
    return with_particles(text) if corpus.language == "ko" else with_articles(text)


def transplanted(rng: random.Random, corpus: Corpus) -> str | None:
    """A question about this service, asked of something else; None where the one drawn cannot be."""
    asked = rng.choice(rng.choice(list(corpus.items.values())).ask)
    named, count = re.subn(corpus.wrappers.itself, rng.choice(corpus.wrappers.stranger), asked, count=1)
    if count:
        return filled(rng, named, corpus)
    if len(asked.split(" ")) < 3 or not asked.endswith("?") or re.search(corpus.wrappers.own, asked, re.IGNORECASE):
        return None
    frame = rng.choice(corpus.wrappers.foreign)
    return filled(rng, frame.replace("{}", asked.rstrip("?")), corpus)


def out_of_scope(rng: random.Random, corpus: Corpus) -> str:
    """A question that the demo model must refuse: a plain one, a pattern, a frame of topics around a word from
    elsewhere, or a known question about something else, so that the form says nothing about what is known."""
    refusal, wrappers = corpus.refusal, corpus.wrappers
    kind = rng.random()
    if kind < 0.25:
        return rng.choice(refusal.ask)
    if kind < 0.31 and (asked := transplanted(rng, corpus)):
        return asked
    frame = rng.choice(refusal.patterns)
    if kind > 0.9:
        frame = rng.choice(wrappers.topic).replace(
            "{}", rng.choice(("{thing}", "{np}", "{np}", "{product}", "{place}", "{field}"))
        )
    return filled(rng, frame, corpus)


def question(rng: random.Random, item: Item, corpus: Corpus) -> str:
    """One way to ask for an item: mostly a written paraphrase, else its topic in a frame; sometimes with
    words from elsewhere around it, which alone are no reason to refuse."""
    kind = rng.random()
    if item.topics and kind < 0.25:
        return with_particles(rng.choice(corpus.wrappers.topic).replace("{}", rng.choice(item.topics)))
    asked = rng.choice(item.ask)
    if kind > 0.95:  # as people do who explain themselves first
        return f"{rng.choice(item.ask).rstrip('?.!')}. {asked}"
    if kind > 0.88:
        return filled(rng, rng.choice(corpus.wrappers.context), corpus) + asked
    return asked


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
