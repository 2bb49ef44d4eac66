"""The conversations of the demonstration account, as they are written in `conversations/*.md`.

A head of `name: value` lines, then messages, each below a line `<<< user` or `<<< assistant`. An answer right behind an
answer is another version of it, and `<<< user again` another version of the question before; what follows goes on from
the last version.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from app.transfer.imported import Imported, Turn

FOLDER = Path(__file__).parent / "conversations"
BETWEEN_MESSAGES = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Written:
    """One file. `folder` is the name of one; `shared` gets a link."""

    conversation: Imported
    folder: str | None
    shared: bool


def read(text: str, now: datetime) -> Written:
    """The conversation as if it had been held before `now`. Raises ValueError."""
    head, *parts = text.split("\n<<< ")
    about = dict(line.split(": ", 1) for line in head.strip().splitlines())
    begun = now - timedelta(hours=float(about["hours"]))
    turns: list[Turn] = []
    for number, part in enumerate(parts):
        who, _, content = part.partition("\n")
        role = who.partition(" ")[0]
        if role not in ("user", "assistant"):
            raise ValueError(f"<<< {who}: neither user nor assistant")
        turns.append(Turn(str(number), _parent(turns, who), role, content.strip(), begun + number * BETWEEN_MESSAGES))
    yes = {name: about.get(name) == "yes" for name in ("pinned", "archived", "shared")}
    conversation = Imported(about["title"], turns, pinned=yes["pinned"], archived=yes["archived"])
    return Written(conversation, about.get("folder"), yes["shared"])


def read_all(now: datetime) -> list[Written]:
    """All of them, in the order of their names."""
    return [read(path.read_text(encoding="utf-8"), now) for path in sorted(FOLDER.glob("*.md"))]


def _parent(turns: list[Turn], who: str) -> str | None:
    if not turns:
        return None
    last = turns[-1]
    if who == "user again":
        return next(turn.parent for turn in reversed(turns) if turn.role == "user")
    return last.parent if who == last.role == "assistant" else last.key
