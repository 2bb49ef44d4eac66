"""The settings that this process runs with and where each comes from, for administrators. Secrets stay hidden."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from dotenv import dotenv_values
from pydantic import BaseModel, SecretStr

from app.auth.access import require
from app.auth.current import CurrentUser
from app.config import PREFIX, Settings
from app.masking import MASK, mask_text

Source = Literal["default", "environment", "file", "program"]
# What lies between the scheme and the last @, and what follows the question mark.
_CREDENTIALS = re.compile(r"(?<=://)\S*@")
_QUERY = re.compile(r"\?.*", re.DOTALL)
# Words in the name of an entry of CHAT_ENGINE__EXTRA_ARGS whose text nobody needs to see.
_SECRET_WORDS = {"key", "token", "secret", "password", "passwd", "credential", "credentials", "auth", "authorization"}


class SettingView(BaseModel):
    """`value` as one would write it in the environment; null: unset. `source`: the environment, the file `.env`, the
    program that started the service, or none of them."""

    name: str
    value: str | None
    source: Source


class SettingList(BaseModel):
    """By group, as they are documented."""

    items: list[SettingView]


class SettingsInForce:
    """To be made at the start, when the environment and the file are as they were read."""

    def __init__(self, settings: Settings) -> None:
        environment, file = _names(os.environ), _names(dotenv_values(".env"))
        unset = _worked_out(settings)
        self._items = [
            SettingView(
                name=name,
                value=shown(name, unset.get(name) if value is None else value),
                source=_source(name, environment, file) if given else "default",
            )
            for name, value, given in _leaves(settings, PREFIX)
        ]

    def list(self, user: CurrentUser, words: str = "") -> SettingList:
        """Those whose name or value contains `words`. Raises Forbidden."""
        require(user, "admin")
        wanted = words.strip().lower()
        return SettingList(items=[one for one in self._items if wanted in f"{one.name} {one.value or ''}".lower()])


def shown(name: str, value: Any) -> str | None:
    """The value as text without secrets."""
    if value is None:
        return None
    if isinstance(value, SecretStr):
        return without_credentials(value.get_secret_value()) if name.endswith("URL") else MASK
    if isinstance(value, str | Path):
        return without_credentials(str(value))
    return json.dumps(_hidden(value), ensure_ascii=False)


def without_credentials(text: str) -> str:
    """An address without user, password and query; other texts as they are."""
    return _QUERY.sub(f"?{MASK}", _CREDENTIALS.sub(f"{MASK}@", text)) if "://" in text else text


def _hidden(value: Any, name: str = "") -> Any:
    if isinstance(value, BaseModel):
        return _hidden(dict(value))
    if isinstance(value, dict):
        return {key: _hidden(item, str(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_hidden(item, name) for item in value]
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, str):
        secret = _SECRET_WORDS & set(re.split(r"[^a-z]+", name.lower()))
        return MASK if secret else mask_text(without_credentials(value))
    return value


def _worked_out(settings: Settings) -> dict[str, Any]:
    """What is in force where nothing is set."""
    return {
        f"{PREFIX}DATABASE__URL": settings.database_url,
        f"{PREFIX}AUTH__SECRET": SecretStr(""),
        f"{PREFIX}ENGINE__CACHE_SALT": "user" if settings.salted else "none",
    }


def _leaves(group: BaseModel, prefix: str) -> Iterator[tuple[str, Any, bool]]:
    """Name, value, and whether it was given."""
    for name, field in type(group).model_fields.items():
        value, full = getattr(group, name), prefix + (field.alias or name).upper()
        if isinstance(value, BaseModel):
            yield from _leaves(value, f"{full}__")
        else:
            yield full, value, name in group.model_fields_set


def _source(name: str, environment: set[str], file: set[str]) -> Source:
    # A group may also be given as a whole, in JSON.
    names = {name, name.partition("__")[0]}
    if names & environment:
        return "environment"
    return "file" if names & file else "program"


def _names(given: Mapping[str, Any]) -> set[str]:
    return {name.upper() for name in given}
