"""How a title is asked for, and what is left of the model's answer."""

import re

MAX_CHARS = 80
MAX_TOKENS = 24
_HANGUL = re.compile(r"[가-힣]")
_ASK = (
    "Write a short title of at most six words for our conversation so far, in the language of my first question. "
    "Answer with the title alone, without quotes and without formatting."
)
_ASK_KOREAN = (
    "지금까지의 대화에 어울리는 짧은 한국어 제목을 여섯 단어 이내로 지어 주세요. 따옴표나 서식 없이 제목만 답하세요."
)
_LABEL = re.compile(r"^\W*(?:title|제목)\s*[:：]\s*", re.IGNORECASE)
# Markup, quotes and what is no letter at all.
_DROPPED = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff<>*`#|~\[\]{}\\\"“”„«»「」『』]+"
)
_ENDS = " \t.,:;!_-–—'‘’"


def question(first: str) -> str:
    """What the model is asked, behind the first answer. A conversation in Korean gets a Korean title."""
    return _ASK_KOREAN if _HANGUL.search(first) else _ASK


def cleaned(answer: str) -> str:
    """One line of plain words; empty when nothing of it can be a title."""
    line = next((line for line in answer.splitlines() if _plain(line)), "")
    title = _plain(_LABEL.sub("", line))
    if len(title) > MAX_CHARS:
        title = title[:MAX_CHARS].rpartition(" ")[0].strip(_ENDS) or title[:MAX_CHARS]
    return title if any(char.isalnum() for char in title) else ""


def _plain(line: str) -> str:
    return " ".join(_DROPPED.sub(" ", line).split()).strip(_ENDS)
