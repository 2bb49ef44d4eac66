"""Pictures of pages, small enough to be committed: every combination of a few devices, colours and languages."""

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, BrowserContext, Page

SIZES = {"desktop": (1440, 900), "phone": (360, 780)}
# Text on even ground: more colours are not seen.
COLOURS = 96


@dataclass(frozen=True)
class Look:
    """One way to look at a page; `language` is ko or en."""

    device: str
    scheme: str
    language: str

    @property
    def phone(self) -> bool:
        """Whether the sidebar is hidden at first."""
        return self.device == "phone"

    async def context(self, browser: Browser) -> BrowserContext:
        """A fresh visitor."""
        width, height = SIZES[self.device]
        return await browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if self.scheme == "dark" else "light",
            locale=self.language,
            reduced_motion="reduce",
        )

    async def picture(self, page: Page, folder: Path, name: str, height: int | None = None) -> None:
        """What is seen now, or so many rows of it."""
        image: Image.Image = Image.open(io.BytesIO(await page.screenshot()))
        if height is not None:
            image = image.crop((0, 0, image.width, height))
        few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(folder / f"{name}-{self.device}-{self.scheme}-{self.language}.png", optimize=True)


# What differs by language or colour is seen in two of them already.
LOOKS = [
    Look("desktop", "light", "ko"),
    Look("desktop", "dark", "en"),
    Look("phone", "dark", "ko"),
    Look("phone", "light", "en"),
]
