"""`make crowd`: what crowds do to a server. VISITS (2000), SOCKETS (1000), QUESTIONS (200), USERS (10), SECONDS (120).

Anonymous visits, open pages that nobody touches, and far too many questions at once, each with a server of its own; the
figures are printed and written into docs/reliability.md. Exit code 1 when an answer does not come or a socket is lost.
"""

import asyncio
import os
import sys

import httpx

from loadtest.bench.document import put
from loadtest.bench.machine import described
from loadtest.idle import idle
from loadtest.local_server import ROOT, ServerError, started
from loadtest.overload import overload
from loadtest.visits import visits

DEFAULTS = {"VISITS": "2000", "SOCKETS": "1000", "QUESTIONS": "200", "USERS": "10", "SECONDS": "120"}
DEMO = {"CHAT_ENGINE__MODEL": "demo"}
SMALL = {"CHAT_ENGINE__MAX_NUM_SEQS": "8", "CHAT_QUEUE__MAX_WAITING": "64"}
# NiceGUI gives up a page that no browser connected to within 60 s.
REST_SECONDS = 90.0
REPORT = ROOT / "docs" / "reliability.md"


async def measure(sizes: dict[str, int]) -> list[str]:
    """A line per crowd."""
    lines = []
    with started(DEMO) as server:
        lines.append(str(await visits(server, sizes["VISITS"], sizes["USERS"], REST_SECONDS)))
        print(lines[-1], flush=True)
    with started(DEMO) as server:
        lines += [str(one) for one in await idle(server, sizes["SOCKETS"], sizes["USERS"], sizes["SECONDS"])]
        print(*lines[-2:], sep="\n", flush=True)
    with started(DEMO | SMALL) as server:
        lines.append(f"{SMALL}: {await overload(server.url, sizes['QUESTIONS'])}")
        print(lines[-1], flush=True)
    return lines


def main() -> int:
    """0 when all were measured, 1 when something did not answer, 2 for settings that make no sense."""
    given = {name: os.environ.get(name) or value for name, value in DEFAULTS.items()}
    if not all(value.isdigit() for value in given.values()):
        print(f"make crowd: {', '.join(DEFAULTS)} are numbers", file=sys.stderr)
        return 2
    machine = described("make crowd " + " ".join(f"{name}={value}" for name, value in given.items()))
    try:
        lines = asyncio.run(measure({name: int(value) for name, value in given.items()}))
    except (ServerError, ExceptionGroup, RuntimeError, httpx.HTTPError) as error:
        print(f"make crowd: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    put(REPORT, "crowd", "\n".join([*(f"- {line}" for line in lines), "", machine]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
