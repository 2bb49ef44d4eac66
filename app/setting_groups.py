"""The groups of settings: what each of them holds, and which values are allowed."""

from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from app.limits.rate import parse_rate
from app.redis_address import parsed
from engine.config import RemoteUrl


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DatabaseSettings(_Group):
    """`url` unset: SQLite in the data directory. On PostgreSQL a statement is given up after `statement_seconds`, or
    when it has waited `lock_seconds` for another one's lock."""

    url: SecretStr | None = None  # it may hold a password
    pool_size: int = Field(default=20, ge=1)
    max_overflow: int = Field(default=30, ge=0)
    statement_seconds: float = Field(default=4.0, ge=0.1, le=3600)
    lock_seconds: float = Field(default=3.0, ge=0.1, le=3600)


class RedisSettings(_Group):
    """`url` unset: in memory. Its forms are in `app/redis_address.py`."""

    url: SecretStr | None = None

    @field_validator("url")
    @classmethod
    def _makes_sense(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            parsed(url.get_secret_value())
        return url


class AuthSettings(_Group):
    """Lifetimes in seconds. `secret` unset in development: made once and kept in the data directory.
    `require_verified`: nobody signs in before opening the link in the mail to their address."""

    secret: SecretStr | None = None
    registration: Literal["open", "invite", "closed"] = "open"
    jwt_lifetime: int = Field(default=3600, ge=60)
    session_lifetime: int = Field(default=14 * 86400, ge=300)
    require_verified: bool = False


class AdminSettings(_Group):
    """The administrator created at start when the address is not registered yet."""

    email: str | None = None
    password: SecretStr | None = None

    @model_validator(mode="after")
    def _both(self) -> "AdminSettings":
        if (self.email is None) != (self.password is None):
            raise ValueError("CHAT_ADMIN__EMAIL and CHAT_ADMIN__PASSWORD belong together")
        return self


class LimitSettings(_Group):
    """Limits per user, or per address on public routes."""

    requests: str = "60/minute"
    anonymous: str = "20/minute"
    tokens_per_minute: int = Field(default=100_000, ge=1)
    tokens_per_day: int = Field(default=2_000_000, ge=1)
    concurrent: int = Field(default=4, ge=1)

    @field_validator("requests", "anonymous")
    @classmethod
    def _is_rate(cls, value: str) -> str:
        parse_rate(value)
        return value


class QueueSettings(_Group):
    """How many admitted generations may wait for a place in the engine."""

    max_waiting: int = Field(default=64, ge=0)


class GenerationSettings(_Group):
    """Seconds: how long nobody may watch, how old a generation may be to be resumed, how long no step. `titles`: the
    model is asked for the titles of conversations."""

    detach_seconds: int = Field(default=3600, ge=1)
    resume_seconds: int = Field(default=600, ge=0)
    hang_seconds: int = Field(default=10, ge=1)
    titles: bool = True


SMTP_SCHEMES = ("smtp", "smtp+starttls", "smtps")


class SmtpSettings(_Group):
    """`smtp://user:password@host:port` takes TLS when the server offers it, `smtp+starttls://` insists on it, `smtps://`
    begins with it. `from` unset: the user of the URL, or vllm-chat at the host of the public URL."""

    url: SecretStr | None = None
    sender: str | None = Field(default=None, alias="from")

    @field_validator("url")
    @classmethod
    def _is_smtp(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parts = urlsplit(value.get_secret_value())
            if parts.scheme not in SMTP_SCHEMES or not parts.hostname:
                begin = ", ".join(f"{scheme}://" for scheme in SMTP_SCHEMES)
                raise ValueError(f"must begin with {begin} and name a host")
        return value


class OtlpSettings(_Group):
    """Where traces go: the base URL of a collector that speaks OTLP over HTTP, such as http://collector:4318."""

    endpoint: str | None = None

    @field_validator("endpoint")
    @classmethod
    def _is_http(cls, value: str | None) -> str | None:
        if value is not None:
            parts = urlsplit(value)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
                raise ValueError("must be http(s)://host[:port]; credentials go to OTEL_EXPORTER_OTLP_HEADERS")
        return value


class RetentionSettings(_Group):
    """Days after which conversations (by their last activity; pinned ones stay), request logs and the audit log are
    deleted. Unset: never."""

    days: int | None = Field(default=None, ge=1)


class BackupSettings(_Group):
    """Backups that are made by themselves, in the data directory: every so many hours (unset: never), and before the
    schema changes. `keep`: so many of each stay."""

    every_hours: int | None = Field(default=None, ge=1)
    keep: int = Field(default=7, ge=1)
    before_migration: bool = True


# How a fallback names the engine of CHAT_ENGINE__*, whose model may be chosen only at start.
FIRST_ENGINE = "default"


class RemoteModel(_Group):
    """A further model served by another OpenAI-compatible server. `fallback` is the name of the one that answers when
    it cannot."""

    name: str = Field(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")
    base_url: RemoteUrl
    api_key: SecretStr | None = None
    fallback: str | None = None


def model_faults(models: Sequence[RemoteModel], first: set[str]) -> list[str]:
    """What is wrong with the names and fallbacks of CHAT_MODELS; `first` are names of the first engine."""
    names = [model.name for model in models]
    fallbacks = {model.name: model.fallback for model in models}
    faults = [f"CHAT_MODELS: the name {name!r} is given twice" for name in sorted({*names}) if names.count(name) > 1]
    faults += [f"CHAT_MODELS: the name {name!r} is that of the first engine" for name in names if name in first]
    for model in models:
        if model.fallback is not None and model.fallback not in fallbacks.keys() | first:
            faults.append(f"CHAT_MODELS: the fallback {model.fallback!r} of {model.name!r} names no model")
    for name in fallbacks:
        seen, at = [name], fallbacks[name]
        while at is not None and at not in seen:
            seen.append(at)
            at = fallbacks.get(at)
        # Said once, by the member of the circle that comes first.
        if at == name == min(seen):
            faults.append(f"CHAT_MODELS: the fallbacks go in a circle: {' -> '.join([*seen, name])}")
    return faults
