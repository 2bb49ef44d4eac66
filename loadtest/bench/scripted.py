"""A server whose model writes a long Markdown answer at a steady rate: for what pages cost, not what a model does."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from loadtest.local_server import LocalServer, started

SECTION = """## {number}. Section

A paragraph with **strong** and *light* words, `code`, a [link](https://example.com/{number}) and 한국어 문장도
있습니다. It goes on for a while, so that the block is as long as such blocks are, and ends here.

- the first point of section {number}
- the second one, with `more code`

```python
def section_{number}(value: int) -> int:
    return value + {number}
```

| name | value |
|---|---|
| number | {number} |

"""


def markdown(characters: int) -> str:
    """At least so many characters, the same everywhere."""
    sections: list[str] = []
    while sum(map(len, sections)) < characters:
        sections.append(SECTION.format(number=len(sections) + 1))
    return "".join(sections)


@contextlib.contextmanager
def scripted(reply: str, per_second: float, ahead: float) -> Iterator[LocalServer]:
    """Says `reply` at so many tokens (words) a second, the first `ahead` seconds after it was asked."""
    with tempfile.TemporaryDirectory(prefix="chat-bench-") as folder:
        said = Path(folder, "reply.md")
        said.write_text(reply)
        settings = {
            "SCRIPTED_REPLY": str(said),
            "SCRIPTED_DELAY": str(1 / per_second),
            "SCRIPTED_FIRST": str(ahead),
            # As many as the original design lets the model write.
            "SCRIPTED_SLOTS": "128",
        }
        with started(settings, module=("tests.scripted_server",)) as server:
            yield server
