"""`make faults`, `make proof`, `make soak-faults`: faults under load.

Settings: USERS (20), ENGINE (demo, or scripted), FAULTS (names), MINUTES (15). Printed, and written into
docs/reliability.md. Exit code 1 when an answer was lost, a question was stored twice, something did not recover, or
less than 99.5 % of the requests were answered at first try; 2 for settings that make no sense.
"""

import os
import random
import sys
from collections.abc import Sequence

import httpx

from loadtest.bench.document import put
from loadtest.bench.machine import described
from loadtest.faults import report
from loadtest.faults.campaign import campaign
from loadtest.faults.kinds import FAULTS, PROOF
from loadtest.faults.kinds.fault import Fault
from loadtest.faults.site import ENGINES, site
from loadtest.local_server import ROOT, ServerError
from tests.rig.processes import RigError

REPORT = ROOT / "docs" / "reliability.md"
MINUTE = 60.0
SEED = 7


class Senseless(Exception):
    """A setting; the message says which values make sense."""


def chosen(command: str, engine: str, names: Sequence[str], minutes: int) -> list[Fault]:
    """The faults of a command in their order. Raises Senseless."""
    if unknown := [name for name in names if name not in FAULTS]:
        raise Senseless(f"no such fault: {', '.join(unknown)}; there are {', '.join(FAULTS)}")
    wanted = [FAULTS[name] for name in names or (PROOF if command == "proof" else FAULTS)]
    able = [fault for fault in wanted if engine != "scripted" or not fault.needs_engine]
    if names and able != wanted:
        raise Senseless("the scripted engine has no process that could be killed")
    return random.Random(SEED).choices(able, k=minutes) if command == "soak" else able


def run(command: str, engine: str, users: int, faults: Sequence[Fault], shown: str) -> int:
    """The exit code."""
    machine = described(shown)
    print("starting nginx, PostgreSQL, Redis and two servers ...", flush=True)
    with site(engine) as running:
        print(f"{users} users at {running.proxy.url}", flush=True)
        result = campaign(running, faults, users, MINUTE if command == "soak" else 0.0)
    told = f"{report.table(result)}\n\n**{report.verdict(result)}**"
    print(told)
    put(REPORT, {"soak": "soak with faults"}.get(command, command), f"{told}\n\n{machine}")
    found = report.faults(result)
    for fault in found:
        print(f"FAILED: {fault}", file=sys.stderr)
    return 1 if found else 0


def main(command: str) -> int:
    """0 when nothing was lost and enough was answered."""
    name = f"make {'soak-faults' if command == 'soak' else command}"
    given = {key: os.environ.get(key) or default for key, default in {"USERS": "20", "MINUTES": "15"}.items()}
    engine, wanted = os.environ.get("ENGINE") or "demo", (os.environ.get("FAULTS") or "").split()
    settings = [f"{key}={os.environ[key]}" for key in ("USERS", "ENGINE", "MINUTES") if os.environ.get(key)]
    settings += [f'FAULTS="{" ".join(wanted)}"'] if wanted else []
    try:
        if not all(value.isdigit() and int(value) for value in given.values()) or engine not in ENGINES:
            raise Senseless(f"USERS and MINUTES are numbers above 0, ENGINE is one of {', '.join(ENGINES)}")
        faults = chosen(command, engine, wanted, int(given["MINUTES"]))
    except Senseless as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    try:
        return run(command, engine, int(given["USERS"]), faults, " ".join([name, *settings]))
    except (RigError, ServerError, RuntimeError, httpx.HTTPError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
