"""nginx or the service starts again under an open page and an open stream: both go on by themselves."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from playwright.async_api import Browser, expect

from tests.app.serving import PASSWORD, read_events, text_of
from tests.app.storage_world import Events, asked, until
from tests.rig.nginx import Nginx, nginx
from tests.rig.ports import LOOPBACK, free_port
from tests.rig.processes import Process, running
from tests.rig.server import ROOT, environment
from tests.scripted_server import REPLY
from tests.ui.people import Person

pytestmark = pytest.mark.browser

LAST_WORD = REPLY.split()[-1].strip("*")


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def proxy(nginx_installed: None, port: int) -> Iterator[Nginx]:
    with nginx([f"{LOOPBACK}:{port}"]) as instance:
        yield instance


@asynccontextmanager
async def service(proxy: Nginx, port: int, folder: Path) -> AsyncIterator[Process]:
    """The scripted engine in a process of its own; the next one goes on with its data."""
    settings = {
        "CHAT_DATA_DIR": str(folder / "data"),
        "CHAT_PORT": str(port),
        "CHAT_PUBLIC_URL": proxy.url,
        "CHAT_TRUSTED_PROXIES": f'["{LOOPBACK}"]',
        "SCRIPTED_DELAY": "0.15",
    }
    command = [sys.executable, "-m", "tests.scripted_server"]
    with running(command, folder / "log", env=environment(settings), cwd=ROOT, end=signal.SIGKILL) as process:

        def answers() -> bool:
            return httpx.get(f"{proxy.url}/healthz", verify=proxy.tls, trust_env=False).status_code == 200

        await asyncio.to_thread(process.wait_until, answers, 60)
        yield process


@asynccontextmanager
async def page_and_client(browser: Browser, proxy: Nginx) -> AsyncIterator[tuple[Person, httpx.AsyncClient]]:
    """Lee at the page and Lee's program, both through nginx."""
    context = await browser.new_context(locale="en-US", ignore_https_errors=True)
    lee = Person(await context.new_page(), proxy.url)
    await lee.register("lee@example.com", PASSWORD)
    async with httpx.AsyncClient(base_url=proxy.url, verify=proxy.tls, trust_env=False, timeout=20) as client:
        login = {"username": "lee@example.com", "password": PASSWORD}
        token = (await client.post("/api/auth/jwt/login", data=login)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield lee, client
    await context.close()


async def test_nginx_reads_its_files_again(browser: Browser, proxy: Nginx, port: int, tmp_path: Path) -> None:
    async with service(proxy, port, tmp_path), page_and_client(browser, proxy) as (lee, client):
        await lee.send("What is this?")
        steps: list[int] = []
        stream = asked(client, lambda event: steps.append(event["id"]))
        await expect(lee.answers).to_contain_text("이 서비스는")
        await until(lambda: len(steps) > 5)
        master = psutil.Process(proxy.process.popen.pid)
        before = {worker.pid for worker in master.children()}
        await lee.page.evaluate("window.same = true")
        master.send_signal(signal.SIGHUP)
        await until(lambda: bool({worker.pid for worker in master.children()} - before))
        assert (await client.get("/api/users/me")).status_code == 200
        # Open sockets and streams stay with the workers that have them.
        await expect(lee.answers.locator(".prose")).to_contain_text(LAST_WORD, timeout=30_000)
        await expect(lee.page.locator(".offline")).to_be_hidden()
        assert await lee.page.evaluate("window.same")
        assert text_of(await stream) == REPLY


async def test_the_service_starts_again(browser: Browser, proxy: Nginx, port: int, tmp_path: Path) -> None:
    seen: Events = []
    async with service(proxy, port, tmp_path) as process:
        async with page_and_client(browser, proxy) as (lee, client):
            await lee.send("What is this?")
            stream = asked(client, seen.append)
            await expect(lee.answers).to_contain_text("이 서비스는")
            await until(lambda: len(seen) > 5)
            await asyncio.to_thread(process.stop, signal.SIGKILL)
            # A broken stream, not one that seems complete.
            with pytest.raises(httpx.RemoteProtocolError):
                await stream
            assert seen[-1]["event"] == "delta"
            await expect(lee.page.locator(".offline")).to_be_visible()
            page = await client.get("/", headers={"Accept": "text/html"})
            assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
            assert "The server is starting again." in page.text
            api = await client.get("/api/users/me")
            assert (api.status_code, api.json()["error"]["code"]) == (503, "unavailable")
            async with service(proxy, port, tmp_path):
                # The follower names the last event that it has seen.
                path = f"/api/generations/{seen[0]['data']['generation_id']}/events"
                headers = {"Last-Event-ID": str(seen[-1]["id"])}
                async with client.stream("GET", path, headers=headers) as response:
                    rest = [event async for event in read_events(response)]
                events = seen + rest
                assert [event["id"] for event in events] == list(range(1, len(events) + 1))
                assert (events[-1]["event"], text_of(events)) == ("done", REPLY)
                # And the page comes back by itself.
                await expect(lee.answers.locator(".prose")).to_contain_text(LAST_WORD, timeout=30_000)
                await expect(lee.page.locator(".offline")).to_be_hidden()
                await expect(lee.questions).to_have_count(1)
