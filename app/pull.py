"""`vllm-chat pull MODEL`: fetch a model before the service needs it."""

import shutil
from collections.abc import Callable
from pathlib import Path

from engine import checksums
from engine.base import EngineStatus
from engine.download import describe_remote, fetch
from engine.errors import EngineConfigError

Say = Callable[[str], None]


def pull_model(model: str, say: Say) -> None:
    """Say size, licence and free disk, then fetch. Raises EngineConfigError with the reason and the remedy."""
    if Path(model).is_dir():
        if not (Path(model) / "config.json").is_file():
            raise EngineConfigError(f"{model} has no config.json, so it is no model directory")
        if not checksums.recorded(model):
            checksums.record(model, {})
        elif changed := checksums.differences(model):
            raise EngineConfigError(f"{model}: {', '.join(changed)} changed since its checksums were recorded")
        say(f"{model} is a local directory; use it with CHAT_ENGINE__MODEL={Path(model).resolve()}")
        return
    size, licence = describe_remote(model)
    free = shutil.disk_usage(Path.home()).free
    say(f"{model}: {size / 1e9:.1f} GB, licence {licence}, free disk {free / 1e9:.1f} GB")
    if size > free:
        raise EngineConfigError(f"{model} needs {size / 1e9:.1f} GB, only {free / 1e9:.1f} GB are free")

    def report(status: EngineStatus) -> None:
        say(f"{round(100 * (status.progress or 0))} %")

    directory = fetch(model, report)
    say(f"100 %: {directory}\nUse it with CHAT_ENGINE__MODEL={model}")
