"""What is told to the outside, and what settings refuse to start with."""

import re
from collections.abc import Callable

import httpx
import pytest

from app.config import Settings, SettingsError, load_settings
from engine.checksums import PATTERNS
from engine.config import EngineConfig
from engine.core_process import prepare_environment
from engine.vllm_args import engine_args
from tests.app.serving import Served, chat


async def test_strangers_add_no_metrics(
    served: Served, client: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    await chat(client, "my secret question")
    for path in ("/nowhere", "/metrics"):
        await anonymous.get(path)
    await anonymous.request("BREW", "/x")
    await client.post("/api/chat", json={"content": "a", "model": "first-unknown"})
    await client.get("/api/nothing")

    async def series() -> set[str]:
        page = (await anonymous.get("/metrics")).text
        return {line.rpartition(" ")[0] for line in page.splitlines() if not line.startswith("#")}

    await series()
    before = await series()
    for number in range(40):
        await anonymous.get(f"/random-{number}", headers={"User-Agent": f"agent-{number}"})
        await anonymous.request(f"METHOD{number}", "/x")
        await client.get(f"/api/nothing-{number}")
        await client.post("/api/chat", json={"content": "a", "model": f"model-{number}"})
    assert await series() == before
    text = "\n".join(before)
    assert "kim@example.com" not in text
    assert "secret" not in text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}", text)


async def test_health_tells_nothing_of_people(anonymous: httpx.AsyncClient) -> None:
    assert (await anonymous.get("/healthz")).json() == {"status": "ok"}
    assert set((await anonymous.get("/readyz")).json()) <= {
        "stage", "detail", "progress", "model", "demo", "database", "redis", "queue"
    }  # fmt: skip


def test_production_needs_its_own_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.setenv("CHAT_ENV", "production")
    monkeypatch.setenv("CHAT_PUBLIC_URL", "https://chat.example.com")
    for secret in ("", "short", "changeme", "x" * 31):
        monkeypatch.setenv("CHAT_AUTH__SECRET", secret)
        with pytest.raises(SettingsError, match="CHAT_AUTH__SECRET"):
            load_settings()
    for name in ("reload", "debug"):
        assert not any(name in field for field in Settings.model_fields)


def test_no_setting_shows_a_secret(make_settings: Callable[..., Settings]) -> None:
    secret = "very-secret-value" * 3
    settings = make_settings(
        auth={"secret": secret},
        admin={"email": "a@b.kr", "password": secret},
        engine={"api_key": secret},
        database={"url": f"postgresql+asyncpg://chat:{secret}@db/chat"},
        redis={"url": f"redis://:{secret}@cache/0"},
        models=[{"name": "x", "base_url": "http://gpu/v1", "api_key": secret}],
        smtp={"url": f"smtp://user:{secret}@mail:25"},
    )
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert secret not in shown
    assert settings.database_url.count(secret) == (settings.redis_url or "").count(secret) == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "0", "[::]", "0:0:0:0:0:0:0:0"])
def test_production_does_not_listen_everywhere_without_a_proxy(
    make_settings: Callable[..., Settings], host: str
) -> None:
    production: dict[str, object] = {"env": "production", "public_url": "https://chat.example.com"}
    make_settings(**production)
    make_settings(host=host)
    with pytest.raises(ValueError, match="CHAT_TRUSTED_PROXIES must name the proxy in"):
        make_settings(**production, host=host)
    for everybody in ("*", "0.0.0.0/0", "::/0"):
        with pytest.raises(ValueError, match="proxies alone"):
            make_settings(**production, host=host, trusted_proxies=["10.0.0.2", everybody])
    make_settings(**production, host=host, trusted_proxies=["10.89.7.0/24"])


def test_the_engine_is_told_to_stay_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith(("VLLM_", "OMP_", "DO_NOT"))]:
        monkeypatch.delenv(name)
    for name in ("VLLM_HOST_IP", "VLLM_NO_USAGE_STATS"):
        monkeypatch.setenv(name, "kept")
        monkeypatch.delenv(name)
    prepare_environment(gpu=True, tensor_parallel_size=1)
    assert os.environ["VLLM_HOST_IP"] == "127.0.0.1"
    assert os.environ["VLLM_NO_USAGE_STATS"] == "1"
    assert not {"VLLM_ALLOW_INSECURE_SERIALIZATION", "VLLM_SERVER_DEV_MODE"} & set(os.environ)


def test_models_run_no_code_of_their_own() -> None:
    config = {"num_attention_heads": 8, "max_position_embeddings": 4096}
    args, _ = engine_args(EngineConfig(), "/m", config, gpu_count=1, cores=2)
    assert args["trust_remote_code"] is False
    assert args["enable_log_requests"] is False
    assert not any(pattern.endswith((".bin", ".pt", ".pth", ".py", ".pkl", "*")) for pattern in PATTERNS)
