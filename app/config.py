"""Settings: environment variables with the prefix `CHAT_`, nested by `__`, and the file `.env`.

All faults are collected and said at once; an unknown `CHAT_` variable is a fault, so that a typing error
cannot silently leave a default in force.
"""

import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from dotenv import dotenv_values
from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.setting_groups import (
    FIRST_ENGINE,
    AdminSettings,
    AuthSettings,
    BackupSettings,
    DatabaseSettings,
    GenerationSettings,
    LimitSettings,
    OtlpSettings,
    QueueSettings,
    RedisSettings,
    RemoteModel,
    RetentionSettings,
    SmtpSettings,
    model_faults,
)
from engine.config import EngineConfig

PREFIX = "CHAT_"
MIN_SECRET = 32
KNOWN_SECRETS = {"secret", "changeme", "change-me", "password"}


class Settings(BaseSettings):
    """Everything that can be configured."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", env_file=".env", extra="ignore", hide_input_in_errors=True
    )

    env: Literal["development", "production"] = "development"
    data_dir: Path = Path("data")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    public_url: str | None = None
    cors_origins: list[str] = Field(default_factory=list)
    trusted_proxies: list[str] = Field(default_factory=list)
    models: list[RemoteModel] = Field(default_factory=list)
    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    redis: RedisSettings = Field(default_factory=RedisSettings)
    auth: AuthSettings = Field(default_factory=AuthSettings)
    admin: AdminSettings = Field(default_factory=AdminSettings)
    limits: LimitSettings = Field(default_factory=LimitSettings)
    queue: QueueSettings = Field(default_factory=QueueSettings)
    generations: GenerationSettings = Field(default_factory=GenerationSettings)
    engine: EngineConfig = Field(default_factory=EngineConfig)
    smtp: SmtpSettings = Field(default_factory=SmtpSettings)
    otlp: OtlpSettings = Field(default_factory=OtlpSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    backup: BackupSettings = Field(default_factory=BackupSettings)

    @model_validator(mode="after")
    def _verifiable(self) -> "Settings":
        if self.auth.require_verified and self.smtp.url is None:
            raise ValueError("CHAT_AUTH__REQUIRE_VERIFIED needs CHAT_SMTP__URL: addresses are verified by mail")
        return self

    @model_validator(mode="after")
    def _models_fit(self) -> "Settings":
        if faults := model_faults(self.models, {FIRST_ENGINE, self.engine.model}):
            raise ValueError("\n".join(faults))
        return self

    @model_validator(mode="after")
    def _safe_in_production(self) -> "Settings":
        if self.env != "production":
            return self
        secret = self.auth.secret.get_secret_value() if self.auth.secret else ""
        if len(secret) < MIN_SECRET or secret.lower() in KNOWN_SECRETS:
            raise ValueError(f"CHAT_AUTH__SECRET must have at least {MIN_SECRET} characters in production")
        if self.public_url is None:
            raise ValueError("CHAT_PUBLIC_URL must name the address that people open, in production")
        if is_every_address(self.host) and not self.trusted_proxies:
            raise ValueError(
                f"CHAT_HOST={self.host} means all addresses: in production CHAT_TRUSTED_PROXIES must name the proxy in "
                'front, like ["10.0.0.2"]; without one listen on 127.0.0.1'
            )
        if any(map(is_everybody, self.trusted_proxies)):
            raise ValueError("CHAT_TRUSTED_PROXIES must name the proxies alone: everybody else could forge addresses")
        return self

    @property
    def database_url(self) -> str:
        """The configured URL, or SQLite in the data directory."""
        if self.database.url is not None:
            return self.database.url.get_secret_value()
        return f"sqlite+aiosqlite:///{self.data_dir.absolute() / 'vllm-chat.db'}"

    @property
    def redis_url(self) -> str | None:
        """The configured URL, or None: in memory."""
        return self.redis.url.get_secret_value() if self.redis.url is not None else None

    @property
    def secure_cookies(self) -> bool:
        """Whether people reach us over TLS."""
        return (self.public_url or "").startswith("https://")

    @property
    def salted(self) -> bool:
        """Whether the time to the first token must not tell what others have asked."""
        return (self.engine.cache_salt or ("user" if self.env == "production" else "none")) == "user"

    def secret(self) -> str:
        """The signing secret; in development made once and kept with mode 0600."""
        if self.auth.secret is not None:
            return self.auth.secret.get_secret_value()
        path = self.data_dir / "secret"
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48))
        return path.read_text().strip()


def is_every_address(host: str) -> bool:
    """Whether a server that listens there is reached from everywhere: 0.0.0.0, :: and the ways to write them."""
    return not host.strip("0.:[]")


def is_everybody(proxy: str) -> bool:
    """Whether every address is trusted: * or a network without a prefix."""
    return proxy.strip() == "*" or proxy.strip().endswith("/0")


class SettingsError(Exception):
    """All faults of the settings, one a line."""


def load_settings(**overrides: Any) -> Settings:
    """Read the environment and `.env`. Raises SettingsError with every fault found."""
    faults = {f"{name}: no such setting" for name in _unknown(os.environ, dotenv_values(".env"))}
    settings = None
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        faults |= {_fault(item["loc"], item["msg"]) for item in error.errors(include_input=False)}
    except ValueError as error:  # pydantic-settings: a value that should be JSON and is not
        faults.add(f"{error} ({error.__cause__})" if error.__cause__ else str(error))
    if faults or settings is None:
        raise SettingsError("\n".join(sorted(faults)))
    return settings


def _fault(location: tuple[int | str, ...], message: str) -> str:
    name = PREFIX + "__".join(str(part) for part in location).upper() if location else ""
    message = message.removeprefix("Value error, ")
    message = "no such setting" if message == "Extra inputs are not permitted" else message
    return f"{name}: {message}" if name else message


def _unknown(*sources: Mapping[str, Any]) -> Iterator[str]:
    known = set(_names(Settings, PREFIX))
    present = {name.upper() for source in sources for name in source if name.upper().startswith(PREFIX)}
    yield from sorted(present - known)


def _names(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield prefix + (field.alias or name).upper()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _names(field.annotation, f"{prefix}{name.upper()}__")
