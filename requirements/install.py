"""Make or update .venv from the locks with plain pip: `python3 -m requirements.install [--with test]`.

Standard library only. A second call with nothing changed returns at once.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

# Called by its file name, the project's folder is not on the path yet.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from requirements import debian, platforms
from requirements.environment import Environment, InstallError, Stamp, digest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
TEST_DOWNLOAD_GB = 0.15
# Shared libraries that the engine's wheels load but do not bring, and the Debian packages that have them.
LIBRARIES = {"libnuma.so.1": "libnuma1", "libstdc++.so.6": "libstdc++6", "libgcc_s.so.1": "libgcc-s1"}


def torch_version() -> str:
    """The CPU build of torch that cpu.lock was resolved with; no index of the lock's has it."""
    found = re.search(r"^torch==([\w.]+)", (LOCKS / "cpu.in").read_text(), re.MULTILINE)
    if found is None:
        raise InstallError("requirements/cpu.in pins no torch: restore that file")
    return f"{found[1]}+cpu"


def wanted(build: platforms.Build, with_test: bool) -> Stamp:
    """The stamp of a finished installation."""
    names = [build.lock, *(["test.lock"] if with_test else [])]
    locks = {name: digest(LOCKS / name) for name in names}
    if build.name == "cpu":
        locks["torch"] = torch_version()
    return Stamp(build.name, "{}.{}".format(*sys.version_info), locks)


def missing_packages(build: platforms.Build) -> list[str]:
    """Debian packages without which the installation, or the engine later, would fail."""
    missing = []
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        missing.append("python{}.{}-venv".format(*sys.version_info))
    if build.name != "base":
        missing += [package for library, package in LIBRARIES.items() if not _loads(library)]
    if build.name == "gpu" and not any(map(shutil.which, ("cc", "gcc", "clang"))):
        missing.append("gcc")  # Triton compiles a small C file on first use
    return missing


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def explain(error: str) -> str:
    """One line with the remedy, from pip's error output."""
    table = {
        r"No space left": "the disk filled up. Free some space, or set TMPDIR to a larger disk",
        r"NewConnection|ConnectTimeout|refused|name resolution|Read timed out|ProxyError|SSLError": (
            "the package index cannot be reached. Check the network, HTTPS_PROXY and pip's configuration"
        ),
        r"DO NOT MATCH THE HASHES": "a download differs from the lock. Clear a damaged copy: pip cache purge",
        r"No matching distribution|Could not find a version": (
            "a package has no file for this Python. Use Python 3.11 or 3.12"
        ),
    }
    lines = [line for line in error.strip().splitlines() if "ERROR" in line] or [error.strip().splitlines()[-1]]
    remedy = next((text for pattern, text in table.items() if re.search(pattern, error)), "see pip's words")
    return f"pip: {lines[-1].removeprefix('ERROR: ')}\ninstall: {remedy}, then run the same command again"


def install_torch(environment: Environment) -> None:
    """From wherever pip is configured to look, else from PyTorch's own index of CPU builds."""
    pin = f"torch=={torch_version()}"
    if environment.pip([pin]) and environment.pip(["--index-url", TORCH_INDEX, pin]):
        raise InstallError(
            f"{pin} was found neither where pip looks nor at {TORCH_INDEX}.\n"
            "install: let this machine reach it, or put the wheel in a folder and set PIP_FIND_LINKS"
        )


def prepare(environment: Environment, stamp: Stamp, build: platforms.Build) -> None:
    """Leave a venv in which pip works and no half-written package counts as installed."""
    old = environment.read_stamp()
    if (old is not None and not old.same_base(stamp)) or not environment.works():
        free = shutil.disk_usage(environment.path.parent).free / 1e9
        needed = build.disk_gb + build.download_gb
        if free < needed:
            raise InstallError(f"{needed:.1f} GB of disk are needed in {ROOT}, {free:.1f} GB are free")
        environment.create()
    environment.write_stamp(Stamp(stamp.build, stamp.python, {}))
    if broken := environment.forget_broken():
        print(f"install: repairing {', '.join(sorted(broken))}", flush=True)


def install(environment: Environment, override: str | None, with_test: bool) -> None:
    """Bring `environment` to the state of the locks."""
    build, reason = platforms.choose(override)
    stamp = wanted(build, with_test)
    old = environment.read_stamp()
    finished = old is not None and old.covers(stamp)
    if not finished or build.name == "base":  # a machine without an engine is told so each time
        print(f"install: {reason}", flush=True)
    if finished:
        return
    if packages := missing_packages(build):
        debian.install(packages)
    size = build.download_gb + (TEST_DOWNLOAD_GB if with_test else 0)
    print(
        f"install: {build.title}: downloads up to {size:.2g} GB, takes {build.disk_gb:g} GB on disk",
        flush=True,
    )
    prepare(environment, stamp, build)
    if build.name == "cpu":
        install_torch(environment)
    for name in stamp.locks.keys() - {"torch"}:
        if error := environment.pip(["--require-hashes", "-r", str(LOCKS / name)]):
            raise InstallError(explain(error))
    environment.write_command()
    environment.write_stamp(stamp)
    print("install: done", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0, or 1 after one or two lines that name the remedy."""
    parser = argparse.ArgumentParser(prog="requirements/install.py", description=__doc__)
    parser.add_argument("--with", dest="extra", choices=["test"], help="install test.lock too")
    parser.add_argument("--build", choices=sorted(platforms.BUILDS), help="instead of what fits this machine")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", help="where (default: .venv)")
    options = parser.parse_args(arguments)
    if not platforms.python_fits():
        newer = platforms.newer_python()
        if newer is not None and arguments is None:
            os.execv(newer, [newer, *sys.argv])  # noqa: S606 - the found Python takes our place
        found = "{}.{}".format(*sys.version_info)
        print(f"install: Python 3.11 to 3.14 is needed, this is {found}. Try: make run PYTHON=python3.12")
        return 1
    try:
        install(Environment(options.venv.resolve(), ROOT), options.build, options.extra is not None)
    except (InstallError, debian.DebianError) as error:
        print(f"install: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninstall: interrupted. The same command goes on from here", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
