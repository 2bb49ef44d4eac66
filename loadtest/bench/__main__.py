"""`make bench`: measure the rows asked for, print their tables and write them into docs/performance.md."""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import uvloop

from loadtest.bench.document import put
from loadtest.bench.machine import described, gpus
from loadtest.bench.row import Row
from loadtest.local_server import ROOT, ServerError

NAMES = (
    "conversations",
    "fairness",
    "gpu",
    "gpu_original",
    "log_cost",
    "metrics_cost",
    "page_cost",
    "pages",
    "prediction",
    "restart",
    "second_turn",
    "smooth",
    "throughput",
)
# Each in the file of its name.
ROWS: dict[str, Row] = {name: import_module(f"loadtest.bench.{name}").ROW for name in NAMES}


def measure(row: Row, passes: int, out: Path) -> None:
    """Run it, print its table and put it into `out`."""
    command = f"make bench ROWS={row.name}" + (f" PASSES={passes}" if passes != 3 else "")
    machine, began = described(command), time.monotonic()
    print(f"{row.name}: {passes} passes ...", flush=True)
    # The clients share the cores with what they measure; this loop costs them least.
    table = row.table(uvloop.run(row.run(passes)))
    print(f"{table}\n({time.monotonic() - began:.0f} s)\n", flush=True)
    put(out, row.name, f"{table}\n\n{machine}")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when everything was measured, whether or not the targets are met."""
    parser = argparse.ArgumentParser(prog="python -m loadtest.bench", description=__doc__)
    parser.add_argument(
        "rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; all that can run here without one"
    )
    parser.add_argument("--passes", type=int, default=3, help="how often; medians are shown (3)")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "performance.md", help="Markdown file")
    given = parser.parse_args(arguments)
    if unknown := set(given.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    if given.passes < 1:
        parser.error("--passes: at least 1")
    try:
        for name in given.rows or (name for name, row in ROWS.items() if gpus() or not row.gpu):
            measure(ROWS[name], given.passes, given.out)
    except ServerError as error:
        print(f"make bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    # The servers have sessions of their own: ended like this, too, it must end them.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
