"""`make load`: Locust without a window, then a table. Settings: USERS (12), DURATION (60s), HOST.

Exit code 1 when the p95 of the first text is above 2 s, fewer than 99.5 % of the questions are answered,
or nothing answers.
"""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from loadtest.local_server import ROOT, ServerError, answers, local_server
from loadtest.report import Report

SHOWN_ERRORS = 5  # of Locust's own; each user that fails would say the same


def locust_command(host: str, users: int, duration: str, result: Path) -> list[str]:
    """The command line of Locust; its statistics end up in `result`.json."""
    command = [sys.executable, "-m", "locust", "-f", str(ROOT / "loadtest" / "locustfile.py"), "--headless"]
    command += ["--host", host, "--users", str(users), "--spawn-rate", "4", "--run-time", duration]
    # An answer that has begun is read to its end; exit code and table are ours.
    command += ["--stop-timeout", "60", "--loglevel", "WARNING", "--only-summary", "--exit-code-on-error", "0"]
    return [*command, "--json-file", str(result)]


def measure(host: str, users: int, duration: str) -> Report:
    """Run the load against `host`."""
    with tempfile.TemporaryDirectory(prefix="chat-locust-") as folder:
        result = Path(folder, "result")
        done = subprocess.run(
            locust_command(host, users, duration, result),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ServerError(f"locust ended with {done.returncode}\n{done.stderr[-2000:]}")
        for line in [line for line in done.stderr.splitlines() if "/ERROR/" in line][:SHOWN_ERRORS]:
            print(line, file=sys.stderr)
        return Report.from_locust(result.with_suffix(".json"))


def main() -> int:
    """0 when the thresholds hold, else 1; 2 for settings that make no sense."""
    users, duration = os.environ.get("USERS") or "12", os.environ.get("DURATION") or "60s"
    host = os.environ.get("HOST", "").rstrip("/")
    if not users.isdigit() or users == "0" or not re.fullmatch(r"(\d+[hms]?)+", duration):
        print("make load: USERS is a number such as 12, DURATION a time such as 60s or 5m", file=sys.stderr)
        return 2
    if host and not host.startswith(("http://", "https://")):
        print(f"make load: HOST is an address such as https://chat.example.com, not {host}", file=sys.stderr)
        return 2
    try:
        if not host:
            print("starting a server for this run ...", flush=True)
        with local_server() if not host else contextlib.nullcontext(host) as url:
            if not answers(url):
                raise ServerError(f"nothing answers at {url}/healthz")
            print(f"{users} users for {duration} against {url} ...", flush=True)
            report = measure(url, int(users), duration)
    except ServerError as error:
        print(f"make load: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(report.table())
    for fault in report.faults():
        print(f"FAILED: {fault}", file=sys.stderr)
    return 1 if report.faults() else 0


if __name__ == "__main__":
    sys.exit(main())
