"""Debian and Ubuntu packages: install them when we may, else name the command that does."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")


class DebianError(Exception):
    """Packages are missing and could not be installed; the message names the remedy."""


def command(packages: Sequence[str]) -> str:
    """The line a person types to install `packages`."""
    sudo = "" if os.geteuid() == 0 else "sudo "
    return f"{sudo}apt-get update && {sudo}apt-get install -y {' '.join(packages)}"


def can_install() -> bool:
    """True when this process may install packages: root on a machine with apt-get."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


@contextlib.contextmanager
def _services_stay_off() -> Iterator[None]:
    """Installing nginx or PostgreSQL starts them on their usual ports; this machine may need those."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def install(packages: Sequence[str]) -> None:
    """Install `packages` without questions and without starting their services. DebianError says why not."""
    if not can_install():
        raise DebianError(f"missing: {', '.join(packages)}. Install with: {command(packages)}")
    print(f"installing Debian packages: {' '.join(packages)}", flush=True)
    apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    steps = [[*apt, "update"], [*apt, "install", "-y", "--no-install-recommends", *packages]]
    with _services_stay_off():
        for step in steps:
            done = subprocess.run(
                step, check=False, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
            )
            if done.returncode != 0 and step is steps[-1]:
                reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
                raise DebianError(f"apt-get failed ({reason}). Try: {command(packages)}")
