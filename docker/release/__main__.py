"""The command line: `python -m docker.release --site /etc/vllm-chat-release.toml deploy /opt/vllm-chat-0.2`."""

import argparse
import dataclasses
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from docker.release.configuration import load
from docker.release.errors import ReleaseError
from docker.release.releases import Releases


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m docker.release", description="Release without a lost answer.")
    parser.add_argument("--site", type=Path, default=Path("/etc/vllm-chat-release.toml"), help="what is released where")
    commands = parser.add_subparsers(dest="command", required=True)
    deploy = commands.add_parser("deploy", help="blue-green: all requests go to the new version once it is ready")
    canary = commands.add_parser("canary", help="a share of the requests first, then all, or none when it fails")
    rollback = commands.add_parser("rollback", help="back to the version before")
    for parsed in (deploy, canary):
        parsed.add_argument("version", help="a directory, or an image")
    canary.add_argument("--weight", type=int, default=10, help="percent of the requests")
    for parsed, seconds in ((deploy, 10.0), (canary, 60.0), (rollback, 0.0)):
        parsed.add_argument("--watch", type=_seconds, default=seconds, help="how long it must prove itself: 60s, 5m")
    commands.add_parser("resume", help="go on with a release that was interrupted")
    commands.add_parser("undo", help="take a release back that was interrupted")
    commands.add_parser("start", help="start what should serve, after the machine was started")
    commands.add_parser("status", help="what serves, and what is under way")
    return parser


def _seconds(text: str) -> float:
    unit = {"s": 1, "m": 60, "h": 3600}.get(text[-1:])
    return float(text[:-1]) * unit if unit else float(text)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when it was done; else 1, and the reason is told."""
    options = vars(_parser().parse_args(arguments))
    try:
        releases = Releases(load(options.pop("site")))
        command = options.pop("command")
        if command == "status":
            print(json.dumps(dataclasses.asdict(releases.status()), indent=2))
        else:
            getattr(releases, command)(**options)
    except ReleaseError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("release: interrupted. `resume` goes on with it, `undo` takes it back.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(main())
