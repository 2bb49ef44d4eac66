"""What `vllm-chat demo-data` makes, as pictures: the part of `make screenshots` with conversations of a person."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page

from tests.e2e.pictures import Look
from tests.rig.server import Server, environment

# Name of the picture and title of the conversation that it shows, by language.
OPENED = {
    "ko": {"demo-code": "CSV 파일 여러 개 합치기", "demo-formulas": "베이즈 정리를 예로 설명"},
    "en": {"demo-code": "Retry with backoff in four languages", "demo-formulas": "Eigenvalues, step by step"},
}


@dataclass(frozen=True, slots=True)
class Demonstration:
    """How to get in, and the link that strangers may follow."""

    email: str
    password: str
    link: str


def demonstrate(server: Server) -> Demonstration:
    """Fill the account in the database of a running server."""
    variables = environment({"CHAT_DATA_DIR": str(server.data_dir), "CHAT_PUBLIC_URL": server.url})
    command = [sys.executable, "-m", "app", "demo-data"]
    done = subprocess.run(command, env=variables, cwd=server.data_dir, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    told = dict(re.findall(r"^(\w[\w-]*): (.*)$", done.stdout, re.MULTILINE))
    return Demonstration(told["E-mail"], told["Password"], told["Shared"])


async def shoot(browser: Browser, server: Server, demo: Demonstration, folder: Path, look: Look) -> None:
    """The list, conversations with code and formulas, the dialog of a link, and the page behind it."""
    context = await look.context(browser)
    page = await context.new_page()
    await page.goto(f"{server.url}/login?lang={look.language}")
    await page.locator("input[name=email]").fill(demo.email)
    await page.locator("input[name=password]").fill(demo.password)
    await page.locator("input[name=password]").press("Enter")
    for name, title in OPENED[look.language].items():
        await open_conversation(page, title, phone=look.phone)
        await look.picture(page, folder, name)
    await page.get_by_role("button", name=re.compile("^(Options|대화 관리)$")).click()
    await page.get_by_role("button", name=re.compile("^(Share|공유)$")).click()
    await page.get_by_role("dialog").get_by_role("combobox").wait_for()
    await look.picture(page, folder, "demo-share")
    await page.goto(demo.link)
    await page.get_by_role("article").first.wait_for()
    await look.picture(page, folder, "demo-shared")
    await context.close()


async def open_conversation(page: Page, title: str, *, phone: bool) -> None:
    """By its link in the list; older ones are found by the search."""
    if phone:
        await page.get_by_role("button", name=re.compile("^(Open sidebar|대화 목록 열기)$")).click()
    await page.get_by_role("searchbox").fill(title)
    await page.get_by_role("link", name=title).click()
    await page.get_by_role("heading", level=1, name=title).wait_for()
    await page.get_by_role("article").last.wait_for()
    if not phone:
        await page.get_by_role("searchbox").fill("")
