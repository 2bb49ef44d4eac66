"""Pages that hold what people have written: nothing of it runs there, for strangers and for its owner."""

import json
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.app.serving import Served
from tests.ui.xss_audit import AUDIT, Watch
from tests.ui.xss_corpus import FAMILIES, OPEN_ENDED, PAYLOADS

pytestmark = pytest.mark.browser
TITLE = "</title><script>alert(1)</script>"
FILE = '\n\n```text file="<img src=x onerror=alert(1)>"\n</pre></details><script>alert(1)</script>\n```'


@pytest_asyncio.fixture(loop_scope="module")
async def link(served: Served) -> str:
    """A shared conversation that consists of nothing else; every text is a question and an answer."""
    texts = ["\n\n".join(family) for family in FAMILIES.values()] + OPEN_ENDED
    items: list[dict[str, object]] = []
    for text in texts:
        for role, content in (("user", text + FILE), ("assistant", text)):
            parent = items[-1]["id"] if items else None
            items.append({"id": str(uuid4()), "parent_id": parent, "role": role, "content": content})
    items[-1]["model"] = '"><img src=x onerror=alert(1)>'
    document = {"conversations": [{"title": TITLE, "messages": items}]}
    async with served.client() as api:
        report = (await api.post("/api/conversations/import", content=json.dumps(document))).json()
        assert report["skipped"] == []
        return str((await api.post(f"/api/conversations/{report['ids'][0]}/share", json={})).json()["url"])


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A stranger's."""
    context = await browser.new_context()
    yield await context.new_page()
    await context.close()


async def test_nothing_runs_on_a_shared_page(page: Page, served: Served, link: str) -> None:
    watch = Watch(served.url)
    await watch.begin(page.context)
    await page.goto(link)
    await expect(page.locator("main > h1")).to_have_text(TITLE)
    assert await page.locator(".prose").count() == len(FAMILIES) + len(OPEN_ENDED)
    assert await page.evaluate(AUDIT, [".prose", True]) == []
    assert await page.locator("script:not([src^='/static/']), img, iframe, form, input, [onerror]").count() == 0
    for file in await page.locator(".said-file summary").all():
        await file.click()
    assert await page.locator("script:not([src^='/static/']), img, iframe, form, input, [onerror]").count() == 0
    assert await watch.traces(page) == {}
    assert len(PAYLOADS) > 100
