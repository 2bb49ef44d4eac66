"""The operator's remote engines: no address of a metadata service, no credentials in it, no redirects."""

import asyncio
import socket

import pytest
import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app.setting_groups import RemoteModel
from engine.config import EngineConfig
from engine.errors import EngineUnavailable
from engine.remote_address import checked_url
from engine.remote_engine import RemoteEngine

REFUSED = [
    "http://169.254.169.254/latest/meta-data",
    "http://169.254.169.254.:80/v1",
    "http://2852039166/v1",
    "http://0251.0376.0251.0376/v1",
    "http://0251.254.169.254/v1",
    "http://0xa9fea9fe/v1",
    "http://0xa9.0xfe.0xa9.0xfe/v1",
    "http://169.254.43518/v1",
    "http://169。254。169。254/v1",
    "http://[::ffff:169.254.169.254]/v1",
    "http://[::ffff:a9fe:a9fe]/v1",
    "http://[0:0:0:0:0:ffff:a9fe:a9fe]/v1",
    "http://[64:ff9b::a9fe:a9fe]/v1",
    "http://[2002:a9fe:a9fe::]/v1",
    "http://[fe80::1]/v1",
    "http://[fe80::1%25eth0]/v1",
    "http://[febf::1]/v1",
    "http://[fd00:ec2::254]/v1",
    "http://100.100.100.200/v1",
    "http://224.0.0.1/v1",
    "http://metadata.google.internal/v1",
    "http://METADATA.google.internal./v1",
    "http://user:password@gpu/v1",
    "http://gpu@169.254.169.254/v1",
    "http://\\169.254.169.254/v1",
    "http://gpu/v1?next=x",
    "http://gpu/v1#x",
    "ftp://gpu/v1",
    "file:///etc/passwd",
    "gopher://gpu/v1",
    "gpu:8000/v1",
    "//gpu/v1",
    "http://",
    "http://gpu\n.example/v1",
]
ALLOWED = [
    "http://127.0.0.1:8000/v1",
    "http://localhost:8000/v1",
    "http://[::1]:8000/v1",
    "http://10.0.0.3/v1",
    "http://192.168.1.7:8000",
    "http://gpu_box:8000/v1",
    "https://gpu.example.com/v1",
    "http://한국.example/v1",
]


@pytest.mark.parametrize("url", REFUSED)
def test_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"must|names|is not"):
        checked_url(url)
    with pytest.raises(ValidationError):
        EngineConfig(kind="openai", base_url=url)
    with pytest.raises(ValidationError):
        RemoteModel(name="x", base_url=url)


@pytest.mark.parametrize("url", ALLOWED)
def test_allowed(url: str) -> None:
    assert EngineConfig(kind="openai", base_url=url).base_url == url
    assert RemoteModel(name="x", base_url=url).base_url == url


async def test_a_redirect_is_not_followed_also_after_a_restart() -> None:
    asked: list[str] = []

    async def away(request: Request) -> Response:
        asked.append(request.url.path)
        return RedirectResponse("/secret")

    listener = socket.create_server(("127.0.0.1", 0))
    routes = [Route("/{path:path}", away, methods=["GET", "POST"])]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_config=None))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    engine = RemoteEngine(EngineConfig(kind="openai", base_url=url))
    for _ in range(2):
        with pytest.raises(EngineUnavailable, match="307"):
            await engine.start(lambda status: None)
        await engine.stop()
    server.should_exit = True
    await task
    assert asked == ["/v1/models"] * 2
