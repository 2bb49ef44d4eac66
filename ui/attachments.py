"""Texts that went along with a question, as `ui/static/attachments.js` writes them into it."""

import re
from dataclasses import dataclass

_HEAD = re.compile(r'^(`{3,})[\w+#.-]{0,30} file="([^"\n`]{1,120})"\n', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class TextFile:
    """One attachment."""

    name: str
    body: str

    @property
    def lines(self) -> int:
        """How many; the line end of the last one begins no further line."""
        return self.body.count("\n") + (not self.body.endswith("\n"))


def pieces(content: str) -> list[str | TextFile]:
    """What a person has written and what went along, in their order. A block that is not closed is text."""
    found: list[str | TextFile] = []
    position = begin = 0
    while (head := _HEAD.search(content, position)) is not None:
        fence = head[1]
        end = content.find(f"\n{fence}\n", head.end() - 1)
        if end < 0 and content.endswith(f"\n{fence}") and len(content) > head.end():
            end = len(content) - len(fence) - 1
        if end < 0:
            break
        if text := content[begin : head.start()].removesuffix("\n\n"):
            found.append(text)
        found.append(TextFile(head[2], content[head.end() : max(head.end(), end)]))
        position = end + 1 + len(fence)
        begin = position + 2 * content.startswith("\n\n", position)
    if rest := content[begin:]:
        found.append(rest)
    return found
