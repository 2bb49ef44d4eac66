"""A model from the hub into its local cache, with the share done as it comes."""

from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from engine import checksums
from engine.base import EngineStatus, Report, Stage
from engine.checksums import PATTERNS
from engine.errors import EngineConfigError

HUB_TIMEOUT = 10.0


def fetch(source: str, report: Report) -> str:
    """The directory of the model. Blocking; resumes what an earlier call left, and checks the sums that the hub gives.

    Raises EngineConfigError with the hub's reason and the remedy.
    """
    local = local_copy(source)
    if local is not None and (local == source or checksums.recorded(local)):
        return local
    from huggingface_hub import hf_hub_download

    try:
        info = _ask_hub(source)
    except EngineConfigError:
        if local is not None:  # fetched by another program, and the hub cannot say whether it is complete
            return local
        raise
    files = _files(info)
    total = sum(files.values()) or 1
    done, directory = 0, ""
    model, revision = split_revision(source)
    for name, size in sorted(files.items(), key=lambda item: item[1]):
        report(EngineStatus(Stage.DOWNLOADING, source, done / total))
        # One commit for all files, also when somebody pushes meanwhile.
        path = Path(hf_hub_download(model, name, revision=info.sha))
        directory = str(path.parents[name.count("/")])
        done += size
    checksums.record(directory, {entry.rfilename: entry.lfs.sha256 for entry in info.siblings if _of_lfs(entry)})
    _remember(directory, revision or "main", info.sha)
    return directory


def split_revision(source: str) -> tuple[str, str | None]:
    """`org/name@revision` → (hub id, branch, tag or commit); None is the newest."""
    model, _, revision = source.partition("@")
    return model, revision or None


def local_copy(source: str) -> str | None:
    """The directory of a model that is on this machine already, perhaps not completely."""
    if Path(source).is_dir():
        return source
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    model, revision = split_revision(source)
    try:
        return str(snapshot_download(model, revision=revision, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        return None


def _remember(directory: str, revision: str, commit: str) -> None:
    """Which commit a branch or tag meant, where the hub's library looks for it without asking the hub."""
    if revision != commit:
        reference = Path(directory).parents[1] / "refs" / revision
        reference.parent.mkdir(parents=True, exist_ok=True)
        reference.write_text(commit)


def describe_remote(source: str) -> tuple[int, str]:
    """(bytes, licence) of a model on the hub. Raises EngineConfigError."""
    info = _ask_hub(source)
    licence = next((tag.split(":", 1)[1] for tag in info.tags or [] if tag.startswith("license:")), "unknown")
    return sum(_files(info).values()), licence


def _files(info: Any) -> dict[str, int]:
    """File name → bytes of everything that vLLM needs."""
    return {entry.rfilename: entry.size or 0 for entry in info.siblings or [] if _is_wanted(entry)}


def _is_wanted(entry: Any) -> bool:
    return any(fnmatch(entry.rfilename, pattern) for pattern in PATTERNS)


def _of_lfs(entry: Any) -> bool:
    return _is_wanted(entry) and entry.lfs is not None


def _ask_hub(source: str) -> Any:
    import httpx
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    try:
        model, revision = split_revision(source)
        return HfApi().model_info(model, revision=revision, files_metadata=True, timeout=HUB_TIMEOUT)
    except (HfHubHTTPError, HFValidationError, OfflineModeIsEnabled, httpx.HTTPError, OSError) as error:
        raise EngineConfigError(
            f"CHAT_ENGINE__MODEL={source}: the model hub did not give it ({str(error).splitlines()[0][:200]}); "
            "name a directory, or `demo` for the bundled model"
        ) from error
