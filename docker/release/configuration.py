"""The site from a TOML file, as docker/release/processes.toml and docker/release/containers.toml show."""

import tomllib
from pathlib import Path
from typing import Any

from docker.release.containers import Containers
from docker.release.errors import ReleaseError
from docker.release.processes import Processes
from docker.release.proxy import Proxy
from docker.release.site import Patience, Runner, Site, Slot
from nginx.render import render


def load(path: Path) -> Site:
    """Relative paths start at the caller's directory. Raises ReleaseError that says what is wrong with the file."""
    try:
        values = tomllib.loads(path.read_text())
        folder = Path(values.pop("folder"))
        slots = {
            name: Slot(slot["upstream"], slot.get("probe", slot["upstream"])) for name, slot in values["slots"].items()
        }
        if len(slots) != 2:
            raise ReleaseError(f"{path}: there must be two slots, not {len(slots)}.")
        patience = Patience(**values.pop("patience", {}))
        return Site(folder, slots, _runner(values, folder, slots), _proxy(values["nginx"]), patience)
    except OSError as error:
        raise ReleaseError(f"{path} cannot be read: {error.strerror}") from error
    except KeyError as error:
        raise ReleaseError(f"{path}: {error.args[0]} is missing.") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise ReleaseError(f"{path}: {error}") from error


def _runner(values: dict[str, Any], folder: Path, slots: dict[str, Slot]) -> Runner:
    if "containers" in values:
        given = values["containers"]
        return Containers(**{**given, "folder": Path(given.get("folder", "."))})
    given = values["processes"]
    ports = {name: int(slot.probe.rpartition(":")[2]) for name, slot in slots.items()}
    env_file = Path(given["env_file"]) if "env_file" in given else None
    return Processes(**{**given, "folder": folder, "ports": ports, "env_file": env_file})


def _proxy(values: dict[str, Any]) -> Proxy:
    ours = {name: values.pop(name) for name in ("command", "reload") if name in values}
    seen_as = values.pop("seen_as", None)
    output = Path(values.pop("output"))
    render(upstreams=[], **values)  # a wrong name is told now, not in the middle of a release
    return Proxy(values, output, **ours, seen_as=Path(seen_as) if seen_as else None)
