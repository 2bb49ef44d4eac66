"""The server or the engine goes away while an answer is written: the page says so, and the answer goes on by itself."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.app.serving import PASSWORD, Served
from tests.rig.ports import LOOPBACK, free_port
from tests.rig.processes import Process, running
from tests.rig.server import ROOT, Server, environment
from tests.scripted_server import REPLY
from tests.ui.people import Person

pytestmark = pytest.mark.browser

LAST_WORD = REPLY.split()[-1].strip("*")


@asynccontextmanager
async def scripted_server(folder: Path, port: int) -> AsyncIterator[Process]:
    """The scripted engine in a process of its own; a second one goes on with the data of the first."""
    settings = {"CHAT_DATA_DIR": str(folder / "data"), "CHAT_PORT": str(port), "SCRIPTED_DELAY": "0.15"}
    command = [sys.executable, "-m", "tests.scripted_server"]
    with running(command, folder / "log", env=environment(settings), cwd=ROOT, end=signal.SIGKILL) as process:
        server = Server(process, f"http://{LOOPBACK}:{port}", folder / "data")
        await asyncio.to_thread(server.wait, "/healthz", 60)
        yield process


async def test_killed_server_comes_back_and_the_answer_goes_on(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    context = await browser.new_context(locale="en-US")
    lee = Person(await context.new_page(), f"http://{LOOPBACK}:{port}")
    async with scripted_server(tmp_path, port) as process:
        await lee.register("lee@example.com", PASSWORD)
        await lee.send("What is this?")
        await expect(lee.answers).to_contain_text("이 서비스는", timeout=15_000)
        await lee.message.fill("half a thought")
        await asyncio.to_thread(process.stop, signal.SIGKILL)
        await expect(lee.page.locator(".offline")).to_be_visible()
        await expect(lee.answers).to_contain_text("이 서비스는")
        await expect(lee.answers).not_to_contain_text(LAST_WORD)
    async with scripted_server(tmp_path, port):
        # Nobody loads the page anew: it finds the new server by itself.
        await expect(lee.button("Stop")).to_be_visible(timeout=30_000)
        await expect(lee.message).to_have_value("half a thought")
        await expect(lee.answers.locator(".prose")).to_contain_text(LAST_WORD, timeout=30_000)
        await expect(lee.button("Details")).to_be_visible()
        await expect(lee.answers.locator(".prose .md-block")).to_have_count(6)
        await expect(lee.questions).to_have_count(1)
        await expect(lee.message).to_have_value("half a thought")


async def test_stopping_server_is_told(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    served.engine.reply, served.engine.delay = "again " * 3000, 0.02
    await lee.send("Never end")
    await expect(lee.answers).to_contain_text("again again")
    await expect(lee.page.locator(".offline")).to_be_hidden()
    await served.stop()
    notice = lee.page.get_by_role("alert").filter(has_text="The server is restarting; your answer will go on.")
    await expect(notice).to_be_visible()
    await expect(lee.page.locator(".offline-lost")).to_be_hidden()
    await expect(lee.answers).to_contain_text("again again")
    await expect(lee.answers).not_to_contain_text("interrupted")


async def test_lost_engine_is_told_and_the_text_stays(person: Callable[..., Any], served: Served) -> None:
    lee = await person()
    served.engine.reply = " ".join(f"word{number}" for number in range(60))
    served.engine.delay = 0.02
    await lee.send("Count")
    await expect(lee.answers).to_contain_text("word9")
    served.engine.may_start.clear()
    served.engine.dead = True
    await expect(lee.answers).to_contain_text("The engine is restarting; your answer will go on", timeout=15_000)
    await expect(lee.answers).to_contain_text("word0 word1 word2")
    await expect(lee.page.locator(".engine")).to_have_attribute("data-stage", "busy")
    served.engine.may_start.set()
    await expect(lee.answers.locator(".prose")).to_have_text(served.engine.reply, timeout=15_000)
    await expect(lee.button("Details")).to_be_visible()
    assert lee.faults == []
