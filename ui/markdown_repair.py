"""Make half-arrived Markdown look as it will look: close what is open, hide what is not yet decided."""

import re

# A last line that may still become a heading, a list item, a rule, a fence or a table: not shown until it is known.
_UNDECIDED = re.compile(r"(?:^|\n)[ \t>]*(?:[-+*_=~`#|:\[ \t]*|\d{1,2}|\d{1,9}[.)][ \t]*)$")
_TABLE_HEAD = re.compile(r"(?:^|\n)( {0,3}\|[^\n]*)(?:\n[ \t|:-]*)?$")
_HALF_FENCE = re.compile(r"\n[ \t]*[`~]{1,}$")
_FENCE_LINE = re.compile(r"^[ \t>]*(`{3,}|~{3,})", re.MULTILINE)
_HALF_IMAGE = re.compile(r"!\[[^\]\n]*(?:\](?:\([^)\n]*)?)?$")
_HALF_LINK = re.compile(r"\[([^\[\]\n]*)(?:\]\([^)\n]*|\])?$")
_HALF_ADDRESS = re.compile(r"<https?:[^>\s]*$|&#?\w{0,8}$|\\$")
_HALF_FORMULA = re.compile(
    r"\$\$[^$]*$|(?<![\w$])\$(?![\s\d$])[^$\n]*$|\\\((?:(?!\\\)).)*$|\\\[(?:(?!\\\]).)*$", re.DOTALL
)
_CODE_SPAN = re.compile(r"(`+)(?!`)(.*?[^`])\1(?!`)", re.DOTALL)
_OPEN_CODE = re.compile(r"(`+)([^`]*)$")
_MARK = re.compile(r"\*{1,3}|~~|(?<!\w)_{1,3}(?=\w)|(?<=\w)_{1,3}(?!\w)")
_CLOSERS = {"$$": "$$", "$": "$", "\\(": "\\)", "\\[": "\\]"}


def repair(source: str) -> str:
    """Markdown that shows the unfinished `source` without loose delimiters."""
    if len(_FENCE_LINE.findall(source)) % 2:
        return _HALF_FENCE.sub("", source)
    if table := _TABLE_HEAD.search(source):
        columns = max(1, table[1].strip().strip("|").count("|") + 1)
        return source[: table.end(1)] + "\n" + "|---" * columns + "|"
    source = _UNDECIDED.sub("", source)
    start = source.rfind("\n\n") + 1
    return source[:start] + _inline(source[start:])


def _inline(text: str) -> str:
    text = _HALF_ADDRESS.sub("", _HALF_IMAGE.sub("", text))
    # Finished code spans hold nothing that could be open.
    bare = _CODE_SPAN.sub(lambda match: "x" * len(match[0]), text)
    if code := _OPEN_CODE.search(bare):
        return text + code[1] if code[2].strip() else text[: code.start()]
    if formula := _HALF_FORMULA.search(bare):
        opening = next(mark for mark in _CLOSERS if formula[0].startswith(mark))
        body = formula[0][len(opening) :].rstrip("$\\ ")
        return text[: formula.start()] + (opening + body + _CLOSERS[opening] if body.strip() else "")
    if link := _HALF_LINK.search(bare):
        text = text[: link.start()] + text[link.start(1) : link.end(1)]
        bare = bare[: link.start()] + bare[link.start(1) : link.end(1)]
    return _close_marks(text, bare)


def _close_marks(text: str, bare: str) -> str:
    opened: list[str] = []
    for match in _MARK.finditer(bare):
        mark = match[0]
        before, after = bare[match.start() - 1 : match.start()], bare[match.end() : match.end() + 1]
        if mark in opened and before.strip():
            del opened[opened.index(mark) :]
        elif after.strip():
            opened.append(mark)
        elif not after and ((opened and opened[-1].startswith(mark)) or before.strip() in ("", *"([{\"'“‘")):
            # Half of a closing mark, or an opening one with nothing behind it yet.
            return _close_marks(text[: match.start()], bare[: match.start()])
    return text.rstrip() + "".join(reversed(opened)) if opened else text
