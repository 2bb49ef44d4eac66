"""What a campaign has shown, as a table, and whether that is enough."""

from collections import Counter
from collections.abc import Iterable, Sequence

from loadtest.faults.campaign import Result, Window
from loadtest.faults.diary import Asked, Seen
from loadtest.report import MIN_SUCCESS

HEAD = (
    "| fault | stands for | answered at first try | what users saw beside answers | cut, followed on "
    "| longest wait for the next event | stored | lost | recovered after |"
)


def first_tries(seen: Seen) -> str:
    """As a share with both its numbers."""
    first = seen.first_tries()
    good = sum(one.ok for one in first)
    return f"{good} of {len(first)} ({good / len(first):.1%})" if first else "-"


def counted(names: Iterable[str]) -> str:
    """`this ×3, that ×1`."""
    return ", ".join(f"{name} ×{count}" for name, count in Counter(names).most_common()) or "-"


def noticed(seen: Seen) -> list[str]:
    """What was not an answer."""
    refusals = [f"{one.name}: {one.status or 'no answer,'} {one.code}" for one in seen.tries if not one.ok]
    told = [notice for one in seen.asked for notice in one.notices if notice == "resuming"]
    ends = [f"`error` {one.code}" for one in seen.asked if one.end == "error"]
    return [*refusals, *told, *ends, *("not saved yet" for one in seen.asked if not one.saved)]


def row(window: Window, result: Result) -> str:
    """A line of the table."""
    seen = result.seen.between(window.begin, float("inf") if window is result.windows[-1] else window.end)
    recovered = "not" if window.recovered is None else f"{window.recovered:.1f} s" if window.row else ""
    cells = [
        f"`{window.name}`" if window.row else window.name,
        window.row,
        first_tries(seen),
        counted(noticed(seen)),
        str(sum(bool(one.cuts) for one in seen.asked)),
        f"{max((one.longest_gap for one in seen.asked), default=0.0):.1f} s",
        counted(sorted(result.ledger.stored(seen.asked).elements())),
        str(len(result.ledger.lost_of(seen.asked))),
        recovered,
    ]
    return f"| {' | '.join(cells)} |"


def table(result: Result) -> str:
    """Markdown, a line for each fault."""
    rule = "|" + "---|" * (HEAD.count("|") - 1)
    return "\n".join([HEAD, rule, *(row(window, result) for window in result.windows)])


def whole(asked: Sequence[Asked]) -> int:
    """How many answers came over one connection to a `done`."""
    return sum(one.end == "done" and not one.cuts for one in asked)


def verdict(result: Result) -> str:
    """All of it in one paragraph."""
    asked, slope = result.seen.asked, result.memory.slope()
    grown = "too short for a slope" if slope is None else f"{slope[0]:+.2f} ± {slope[1]:.2f} MB a minute"
    return (
        f"{result.users} users; {first_tries(result.seen)} requests answered at first try; {len(asked)} questions "
        f"accepted, {len(result.ledger.lost)} answers lost, {len(result.ledger.doubled)} conversations with a question "
        f"too many or too few; {whole(asked)} answers came whole over one connection, "
        f"{sum(bool(one.cuts) for one in asked)} were cut and followed on. Memory of a web process: {grown}"
    )


def faults(result: Result) -> list[str]:
    """Why the campaign has failed; empty when it has not."""
    first = result.seen.first_tries()
    share = sum(one.ok for one in first) / len(first) if first else 0.0
    found = [f"lost: {one}" for one in result.ledger.lost_of(result.seen.asked)]
    found += [f"not asked once: {one}" for one in result.ledger.doubled]
    found += [f"{one.name} has not recovered" for one in result.windows if one.recovered is None]
    if share < MIN_SUCCESS:
        found.append(f"{share:.2%} answered at first try, less than {MIN_SUCCESS:.1%}")
    return found
