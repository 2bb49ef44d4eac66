"""`python -m tests.e2e.icons`: the pictures of the installed page, drawn from ui/static/favicon.svg by Chromium."""

import asyncio
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from tests.rig.chromium import LAUNCH_ARGS, find_chromium
from tests.rig.server import ROOT

STATIC = ROOT / "ui" / "static"
# File, pixels, share of the side that the sign takes, colour behind it.
ICONS = (
    ("icon-192.png", 192, 1.0, "transparent"),
    ("icon-512.png", 512, 1.0, "transparent"),
    # Phones cut it round: what matters stays within four fifths.
    ("icon-maskable-512.png", 512, 0.8, "#0f766e"),
    ("apple-touch-icon.png", 180, 0.9, "#0f766e"),
)


async def draw(browser: Browser, svg: str, path: Path, pixels: int, share: float, behind: str) -> None:
    """One picture."""
    page = await browser.new_page(viewport={"width": pixels, "height": pixels})
    side = round(pixels * share)
    await page.set_content(
        f'<body style="margin:0;display:grid;place-items:center;height:100vh;background:{behind}">'
        f'<div style="width:{side}px;height:{side}px">{svg}</div>'
    )
    await page.screenshot(path=path, omit_background=behind == "transparent")
    await page.close()


async def main() -> None:
    """All of them."""
    svg = (STATIC / "favicon.svg").read_text()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=LAUNCH_ARGS)
        for name, pixels, share, behind in ICONS:
            await draw(browser, svg, STATIC / name, pixels, share, behind)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
