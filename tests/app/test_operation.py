"""Health, metrics, documentation, and logs."""

import io
import json
import logging
import re
import resource
from collections.abc import Callable

import httpx
import structlog

from app.config import Settings
from app.logs import configure_logging
from app.serve import MAX_FILES, allow_many_connections
from tests.app.serving import Served, chat, serving


async def test_health_and_readiness(served: Served, client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["stage"], ready.json()["model"]) == (200, "ready", "scripted")


async def test_metrics_count_and_hold_no_text(client: httpx.AsyncClient) -> None:
    events = await chat(client, "비밀 문장 prompt-canary")
    page = (await client.get("/metrics")).text
    assert "prompt-canary" not in page
    for name in (
        'chat_requests_total{model="scripted",status="done"}',
        "chat_ttft_seconds_bucket",
        "chat_inter_token_seconds_bucket",
        "chat_queue_wait_seconds_bucket",
        'chat_tokens_total{kind="completion"}',
        "chat_engine_up 1.0",
        'chat_engine_restarts_total{reason="lost"} 0.0',
        "chat_event_loop_lag_seconds_bucket",
        'chat_http_requests_total{method="POST",route="/api/chat",status="200"}',
    ):
        assert name in page, name
    assert events[-1]["event"] == "done"
    await client.get("/api/path-canary")
    assert "path-canary" not in (await client.get("/metrics")).text


async def test_documentation(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert {"/api/chat", "/api/conversations", "/api/generations/{generation_id}"} <= set(paths)
    assert (await client.get("/docs")).status_code == 200


async def test_documentation_needs_a_user_in_production(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings(env="production", public_url="http://chat.example.com")
    async with serving(settings) as served, httpx.AsyncClient(base_url=served.url) as anonymous:
        assert (await anonymous.get("/openapi.json")).status_code == 401
        async with served.client() as client:
            assert (await client.get("/openapi.json")).status_code == 200
            assert (await client.get("/api/users/me")).json()["role"] == "member"


def test_one_formatter_masks_and_escapes() -> None:
    configure_logging(json=True)
    stream = io.StringIO()
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    structlog.get_logger("ours").info("signed in", email="kim@example.com", title="a\nFAKE \x1b[2J line")
    logging.getLogger("library").warning("from a library\nFAKE")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert lines[0]["email"] == "***masked***"
    assert lines[0]["title"] == "a\\nFAKE \\x1b[2J line"
    assert lines[1]["event"] == "from a library\\nFAKE"
    assert {"timestamp", "level", "logger"} <= set(lines[1])
    configure_logging(json=False)


async def test_the_documentation_page_loads_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(addresses) >= 3
    for address in addresses:
        assert address.startswith("/"), address
        assert (await client.get(address)).status_code == 200, address


def test_the_limit_of_open_files_is_raised() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
        allow_many_connections()
        raised = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert raised == (MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES), hard)
        allow_many_connections()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == raised
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
