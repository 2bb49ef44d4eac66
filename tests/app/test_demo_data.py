"""The demonstration account: filled once, with all that Markdown has, and only where it is wanted."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from app import cli
from app.config import Settings
from app.demo_data.reading import FOLDER, read, read_all

NOW = datetime(2026, 11, 25, tzinfo=UTC)
KINDS = {
    "table": r"^\|.*\|$", "code": r"^```python", "formula": r"^\$\$", "list": r"^- ", "numbers": r"^1\. ",
    "quote": r"^> ", "heading": r"^## ", "tasks": r"^- \[x\]", "rule": r"^---$",
}  # fmt: skip


def test_the_texts_hold_every_kind_of_markdown_in_both_languages() -> None:
    written = read_all(NOW)
    texts = [turn.content for one in written for turn in one.conversation.turns]
    for kind, pattern in KINDS.items():
        assert any(re.search(pattern, text, re.M) for text in texts), kind
    languages = set(re.findall(r"^```(\w+)", "\n".join(texts), re.M))
    assert languages >= {"python", "sql", "bash", "typescript", "go", "rust", "json", "diff"}
    titles = [one.conversation.title for one in written]
    assert any(re.search("[가-힣]", title) for title in titles)
    assert any(title.isascii() for title in titles)
    assert any(one.shared for one in written)
    parents = [[(turn.role, turn.parent) for turn in one.conversation.turns] for one in written]
    for role in ("user", "assistant"):
        # Two messages behind the same one are two versions.
        assert any(turns.count((role, parent)) > 1 for turns in parents for _, parent in turns), role
    with pytest.raises(ValueError, match="neither"):
        read("title: x\nhours: 1\n\n<<< system\nx", NOW)
    assert len(list(FOLDER.glob("*.md"))) == len(written)


@pytest.fixture
def run(
    make_settings: Callable[..., Settings], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str]]:
    """The command, and its exit status with what it has printed."""

    def command(env: str = "development", *options: str) -> tuple[int, str]:
        public = "https://chat.example.com" if env == "production" else None
        settings = make_settings(database={"url": database_url}, env=env, public_url=public)
        monkeypatch.setattr(cli, "settings_or_exit", lambda: settings)
        done = CliRunner().invoke(cli.cli, ["demo-data", *options])
        return done.exit_code, done.output

    return command


def test_twice_does_no_harm(run: Callable[..., tuple[int, str]]) -> None:
    status, told = run()
    assert status == 0, told
    assert f"Added: {len(read_all(NOW))} conversations" in told
    status, again = run()
    assert status == 0, again
    assert "Added: 0 conversations" in again
    assert "Password: as before" in again
    assert again.count("Shared: ") == told.count("Shared: ") == 1


def test_not_in_production_unless_it_is_said(run: Callable[..., tuple[int, str]]) -> None:
    status, told = run("production")
    assert (status, "--in-production" in told) == (1, True)
    status, told = run("production", "--in-production", "--email", "show@example.com")
    assert status == 0, told
    assert "E-mail: show@example.com" in told
