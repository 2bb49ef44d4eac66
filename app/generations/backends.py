"""Every model that can answer here: the first engine and those of CHAT_MODELS, each with its own queue and health.

A generation holds the backend that answers it. When that one fails before the first token, or is down when a message
comes, its fallback answers.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import SecretStr

from app.config import Settings
from app.errors import NotFound, Unavailable
from app.generations.admission import Admission
from app.generations.estimate import PrefillEstimate
from app.setting_groups import FIRST_ENGINE, RemoteModel
from engine.base import Engine
from engine.config import EngineConfig
from engine.remote_engine import RemoteEngine
from engine.supervisor import Supervisor

# A probe of a remote engine is an HTTP request. Seconds.
REMOTE_HEALTH_SECONDS = 5.0
# Settings that a remote server refuses today may be right there tomorrow: a key is renewed, a model is loaded.
REMOTE_RETRY_SECONDS = 30
RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Remote:
    """Where a remote engine is. Its model's id over there is the supervisor's `model_name`, once it has answered."""

    base_url: str
    api_key: SecretStr | None


@dataclass(frozen=True, slots=True, eq=False)
class Backend:
    """One model that can answer. `entry` is its name in CHAT_MODELS; the first engine has none."""

    supervisor: Supervisor
    admission: Admission
    entry: str | None = None
    remote: Remote | None = None
    fallback: str | None = None
    prefill: PrefillEstimate = field(default_factory=PrefillEstimate)
    # Who has lost it twice in a row waits here to try it alone.
    trying: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def name(self) -> str:
        """What clients say. The first engine is called as its model: empty before that is known."""
        return self.entry or self.supervisor.model_name


class Backends:
    """The default one first, then those of CHAT_MODELS in their order."""

    def __init__(self, default: Backend, *others: Backend) -> None:
        self.default = default
        self._entries = {other.name: other for other in others}

    def all(self) -> list[Backend]:
        """What users may choose from."""
        return [self.default, *self._entries.values()]

    def by_name(self, name: str) -> Backend:
        """Raises NotFound (`model_not_found`). An unknown name is the default's while that has none yet."""
        if (found := self._entries.get(name)) is not None:
            return found
        if self.default.name not in ("", name):
            raise NotFound(f"There is no model {name!r}.", code="model_not_found", model=name)
        return self.default

    def writer_of(self, model: str | None) -> Backend:
        """Who goes on with an answer that was written by `model`; the default when that one is no longer offered."""
        return self._entries.get(model or "", self.default)

    def pick(self, model: str | None) -> Backend:
        """Who answers a message for `model` (None: the default): the wanted one, or when it is not ready its fallback.

        One that is only starting is waited for. Raises NotFound (`model_not_found`) and, for a model of CHAT_MODELS
        whose server cannot be used now, Unavailable (`model_unavailable`).
        """
        wanted = self.default if model is None else self.by_name(model)
        if wanted.supervisor.ready:
            return wanted
        if (other := self.instead_of(wanted)) is not None:
            return other
        if wanted.entry is not None and wanted.supervisor.failing:
            after = wanted.supervisor.status.retry_seconds or RETRY_AFTER_SECONDS
            raise Unavailable(
                f"The model {wanted.name!r} is not reachable now.",
                code="model_unavailable",
                retry_after=after,
                model=wanted.name,
            )
        return wanted

    def instead_of(self, backend: Backend) -> Backend | None:
        """The first one down the chain of its fallbacks that is ready."""
        return next((other for other in self._chain(backend) if other.supervisor.ready), None)

    def _chain(self, backend: Backend) -> Iterator[Backend]:
        # The settings refuse cycles.
        while backend.fallback is not None:
            backend = self._entries.get(backend.fallback, self.default)
            yield backend


def build_backends(settings: Settings, engine: Engine) -> Backends:
    """Nothing is started yet. `engine` is the first one."""
    config, waiting = settings.engine, settings.queue.max_waiting

    def admission() -> Admission:
        return Admission(config.max_num_seqs, waiting)

    def further(entry: RemoteModel) -> Backend:
        remote = EngineConfig(
            kind="openai",
            model=entry.name,
            base_url=entry.base_url,
            api_key=entry.api_key,
            max_model_len=config.max_model_len,
            max_num_seqs=config.max_num_seqs,
        )
        return Backend(
            _supervised_remote(RemoteEngine(remote, entry.name), entry.name),
            admission(),
            entry.name,
            Remote(entry.base_url, entry.api_key),
            entry.fallback,
        )

    if config.kind == "openai" and config.base_url:
        first = Backend(_supervised_remote(engine), admission(), remote=Remote(config.base_url, config.api_key))
    else:
        first = Backend(Supervisor(engine), admission())
    return Backends(first, *map(further, settings.models))


def _supervised_remote(engine: Engine, label: str = FIRST_ENGINE) -> Supervisor:
    return Supervisor(
        engine, label=label, health_seconds=REMOTE_HEALTH_SECONDS, refused_retry_seconds=REMOTE_RETRY_SECONDS
    )
