"""docs/settings.md has every setting, with its default, and no other."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from app.config import PREFIX, Settings
from tests.rig.server import ROOT

ROW = re.compile(r"^\| `(CHAT_\w+)` \| (.+?) \| (.+) \|$", re.MULTILINE)
ROWS = ROW.findall((ROOT / "docs/settings.md").read_text())


def declared(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, Any]]:
    """The name in the environment and the default of each field."""
    for name, field in model.model_fields.items():
        full = prefix + (field.alias or name).upper()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from declared(field.annotation, f"{full}__")
        else:
            yield full, field.get_default(call_default_factory=True)


def written(default: object) -> str:
    """As somebody would set it."""
    if default is None:
        return "unset"
    return f"`{default}`" if isinstance(default, str | Path) else f"`{json.dumps(default)}`"


def test_names_and_defaults() -> None:
    assert {name: default for name, default, _ in ROWS} == {
        name: written(default) for name, default in declared(Settings, PREFIX)
    }
    assert len({name for name, _, _ in ROWS}) == len(ROWS)
