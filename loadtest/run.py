"""`make load`: Locust without a window, then a table and a verdict. loadtest/README.md names the variables.

Exit code 1 when a threshold does not hold or nothing answers, 2 for variables that make no sense.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from loadtest.local_server import ROOT, ServerError, answers, local_server
from loadtest.plan import Plan
from loadtest.report import Report
from loadtest.scenarios import class_name

SHOWN_ERRORS = 5  # of Locust's own; each user that fails would say the same


def locust_command(host: str, plan: Plan, result: Path) -> list[str]:
    """The command line of Locust; its statistics end up in `result`.json."""
    command = [sys.executable, "-m", "locust", "-f", str(ROOT / "loadtest" / "locustfile.py"), "--headless"]
    command += ["--host", host, "--html", str(plan.html), "--json-file", str(result)]
    # An answer that has begun is read to its end; exit code and table are ours.
    command += ["--stop-timeout", str(min(60, plan.seconds)), "--only-summary", "--loglevel", "WARNING"]
    command += ["--exit-code-on-error", "0"]
    if not plan.shape:
        command += ["--users", str(plan.users), "--spawn-rate", "4", "--run-time", f"{plan.seconds}s"]
    return [*command, *map(class_name, plan.scenarios)]


def measure(host: str, plan: Plan) -> Report:
    """Run the load against `host`."""
    shape = {"SHAPE": plan.shape, "USERS": str(plan.users), "SECONDS": str(plan.seconds)}
    plan.html.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="chat-locust-") as folder:
        result = Path(folder, "result")
        done = subprocess.run(
            locust_command(host, plan, result),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **shape},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ServerError(f"locust ended with {done.returncode}\n{done.stderr[-2000:]}")
        for line in [line for line in done.stderr.splitlines() if "/ERROR/" in line][:SHOWN_ERRORS]:
            print(line, file=sys.stderr)
        _, found, errors = (done.stdout + done.stderr).partition("Error report")
        print(found + errors, end="", file=sys.stderr)
        return Report.from_locust(result.with_suffix(".json"))


def run(plan: Plan) -> Report:
    """Against the server that is meant, or one of its own. Raises ServerError."""
    if not plan.host:
        print("starting a server for this run ...", flush=True)
    with local_server() if not plan.host else contextlib.nullcontext(plan.host) as url:
        if not answers(url):
            raise ServerError(f"nothing answers at {url}/healthz")
        shape = f" in the shape of a {plan.shape}" if plan.shape else ""
        print(
            f"{plan.users} users ({' '.join(plan.scenarios)}) for {plan.seconds} s{shape} against {url} ...", flush=True
        )
        return measure(url, plan)


def main() -> int:
    """0 when the thresholds hold, else 1; 2 for variables that make no sense."""
    try:
        plan = Plan.of()
    except ValueError as error:
        print(f"make load: {error}", file=sys.stderr)
        return 2
    try:
        report = run(plan)
    except ServerError as error:
        print(f"make load: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    passed, lines = report.verdict(plan.limits)
    print(report.table(), *lines, f"charts and every request: {plan.html}", sep="\n")
    print("the thresholds hold" if passed else "the thresholds do not hold")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
