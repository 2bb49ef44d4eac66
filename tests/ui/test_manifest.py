"""The page can be installed: a manifest in the visitor's language, whose pictures are there."""

import re
import struct
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from app.config import Settings
from tests.app.serving import serving


async def test_manifest_and_its_pictures(make_settings: Callable[..., Settings]) -> None:
    async with serving(make_settings()) as served, httpx.AsyncClient(base_url=served.url) as visitor:
        page = (await visitor.get("/login")).text
        (path,) = re.findall(r'<link rel="manifest" href="([^"]+)"', page)
        answer = await visitor.get(path, headers={"Accept-Language": "ko"})
        assert answer.headers["content-type"] == "application/manifest+json"
        korean = answer.json()
        english = (await visitor.get(path, headers={"Accept-Language": "en"})).json()
        assert (korean["lang"], english["lang"]) == ("ko", "en")
        assert korean["name"] != english["name"]
        assert english["display"] == "standalone"
        touch = re.findall(r'<link rel="apple-touch-icon" href="([^"]+)"', page)
        pictures: list[dict[str, Any]] = [*english["icons"], {"src": touch[0], "sizes": "180x180"}]
        for picture in pictures:
            image = (await visitor.get(picture["src"])).content
            assert image.startswith(b"\x89PNG")
            assert "{}x{}".format(*struct.unpack(">II", image[16:24])) == picture["sizes"]
        assert {"any", "maskable"} == {picture["purpose"] for picture in english["icons"]}


@pytest.mark.browser
async def test_the_browsers_bars_follow_the_theme(person: Callable[..., Any]) -> None:
    lee = await person()
    bars = "[...document.querySelectorAll('meta[name=theme-color]')].map((bar) => bar.content)"
    assert await lee.page.evaluate(bars) == ["#ffffff", "#191918"]
    await lee.page.evaluate("theme.set('dark')")
    assert await lee.page.evaluate(bars) == ["#191918", "#191918"]
    await lee.page.reload()
    assert await lee.page.evaluate(bars) == ["#191918", "#191918"]
