"""Settings: all faults at once, unknown names refused, secrets safe."""

import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from app.config import PREFIX, Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_defaults_need_nothing() -> None:
    settings = load_settings()
    assert settings.database_url.startswith("sqlite+aiosqlite:///")
    assert (settings.engine.max_model_len, settings.engine.max_num_seqs) == (8192, 128)
    assert settings.engine.gpu_memory_utilization == 0.55


def test_all_faults_are_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "CHAT_PORT": "no number",
        "CHAT_ENGINE__DTYPE": "int8",
        "CHAT_TYPO": "1",
        "CHAT_ENGINE__TYPO": "1",
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    lines = str(caught.value).splitlines()
    assert [re.split(":", line)[0] for line in lines] == [
        "CHAT_ENGINE__DTYPE",
        "CHAT_ENGINE__TYPO",
        "CHAT_PORT",
        "CHAT_TYPO",
    ]
    assert "no number" not in str(caught.value)


def test_the_env_file_is_read_and_checked(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CHAT_PORT=9000\nPOSTGRES_PASSWORD=other\n")
    assert load_settings().port == 9000
    (tmp_path / ".env").write_text("CHAT_PROT=9000\n")
    with pytest.raises(SettingsError, match="CHAT_PROT: no such setting"):
        load_settings()


def test_json_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_ENGINE__EXTRA_ARGS", '{"seed": 7}')
    monkeypatch.setenv("CHAT_MODELS", '[{"name": "big", "base_url": "http://gpu:8000/v1"}]')
    settings = load_settings()
    assert settings.engine.extra_args == {"seed": 7}
    assert settings.models[0].name == "big"
    monkeypatch.setenv("CHAT_MODELS", "[")
    with pytest.raises(SettingsError, match="models"):
        load_settings()


@pytest.mark.parametrize("secret", [None, "short", "changeme"])
def test_production_refuses_weak_secrets(monkeypatch: pytest.MonkeyPatch, secret: str | None) -> None:
    monkeypatch.setenv("CHAT_ENV", "production")
    monkeypatch.setenv("CHAT_PUBLIC_URL", "https://chat.example.com")
    if secret:
        monkeypatch.setenv("CHAT_AUTH__SECRET", secret)
    with pytest.raises(SettingsError, match="CHAT_AUTH__SECRET"):
        load_settings()
    monkeypatch.setenv("CHAT_AUTH__SECRET", "x" * 32)
    assert load_settings().secure_cookies


def test_the_development_secret_is_made_once_and_private(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings(auth={})
    first = settings.secret()
    assert len(first) >= 32
    assert settings.secret() == first
    assert stat.S_IMODE((settings.data_dir / "secret").stat().st_mode) == 0o600


def test_secrets_do_not_show_in_repr(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings(auth={"secret": "very-secret" * 5}, engine={"api_key": "sk-secret"})
    assert "very-secret" not in repr(settings)
    assert "sk-secret" not in repr(settings)


@pytest.mark.parametrize("endpoint", ["collector:4318", "ftp://collector", "http://", "http://me:secret@collector"])
def test_traces_go_to_a_collector_over_http(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    monkeypatch.setenv("CHAT_OTLP__ENDPOINT", endpoint)
    with pytest.raises(SettingsError, match="CHAT_OTLP__ENDPOINT"):
        load_settings()


@pytest.mark.parametrize("rate", ["", "60", "sixty/minute", "0/minute", "60/fortnight", "60/minute;2/hour"])
def test_a_rate_is_understood_at_start_or_refused_in_one_line(monkeypatch: pytest.MonkeyPatch, rate: str) -> None:
    monkeypatch.setenv("CHAT_LIMITS__REQUESTS", rate)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).splitlines() == [
        "CHAT_LIMITS__REQUESTS: must be a rate like 60/minute, 5/second or 1000/hour"
    ]
    monkeypatch.setenv("CHAT_LIMITS__REQUESTS", "5/second")
    assert load_settings().limits.requests == "5/second"
