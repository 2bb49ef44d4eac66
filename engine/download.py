"""A model from the hub into its local cache, with the share done as it comes."""

from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from engine.base import EngineStatus, Report, Stage
from engine.errors import EngineConfigError

# Safetensors only: pickled weights could run code.
HUB_TIMEOUT = 10.0
PATTERNS = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")


def fetch(source: str, report: Report) -> str:
    """The directory of the model. Blocking; resumes what an earlier call left.

    Raises EngineConfigError with the hub's reason and the remedy.
    """
    if Path(source).is_dir():
        return source
    from huggingface_hub import hf_hub_download, snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return str(snapshot_download(source, allow_patterns=list(PATTERNS), local_files_only=True))
    except LocalEntryNotFoundError:
        files = _wanted(source)
    total = sum(files.values()) or 1
    done, directory = 0, ""
    for name, size in sorted(files.items(), key=lambda item: item[1]):
        report(EngineStatus(Stage.DOWNLOADING, source, done / total))
        directory = str(Path(hf_hub_download(source, name)).parents[name.count("/")])
        done += size
    return directory


def describe_remote(source: str) -> tuple[int, str]:
    """(bytes, licence) of a model on the hub. Raises EngineConfigError."""
    info = _ask_hub(source)
    licence = next((tag.split(":", 1)[1] for tag in info.tags or [] if tag.startswith("license:")), "unknown")
    return sum(_files(info).values()), licence


def _wanted(source: str) -> dict[str, int]:
    """File name → bytes of everything that vLLM needs."""
    return _files(_ask_hub(source))


def _files(info: Any) -> dict[str, int]:
    return {
        entry.rfilename: entry.size or 0
        for entry in info.siblings or []
        if any(fnmatch(entry.rfilename, pattern) for pattern in PATTERNS)
    }


def _ask_hub(source: str) -> Any:
    import httpx
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    try:
        return HfApi().model_info(source, files_metadata=True, timeout=HUB_TIMEOUT)
    except (HfHubHTTPError, HFValidationError, OfflineModeIsEnabled, httpx.HTTPError, OSError) as error:
        raise EngineConfigError(
            f"CHAT_ENGINE__MODEL={source}: the model hub did not give it ({str(error).splitlines()[0][:200]}); "
            "name a directory, or `demo` for the bundled model"
        ) from error
