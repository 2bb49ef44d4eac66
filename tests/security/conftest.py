"""One service whose limits nobody meets; `docs/security.md` names the tests here."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from app.config import Settings
from tests.app.serving import Served, serving

NO_LIMITS = {"requests": "100000/minute", "anonymous": "100000/minute", "concurrent": 64}


@pytest.fixture
def settings(make_settings: Callable[..., Settings], database_url: str) -> Settings:
    """Settings on either database."""
    return make_settings(database={"url": database_url}, limits=NO_LIMITS)


@pytest.fixture
async def served(settings: Settings) -> AsyncIterator[Served]:
    """A ready service."""
    async with serving(settings) as instance:
        await instance.services.engine.wait_ready()
        yield instance


@pytest.fixture
async def client(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    """Kim, signed in."""
    async with served.client() as signed_in:
        yield signed_in


@pytest.fixture
async def anonymous(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    """Nobody."""
    async with httpx.AsyncClient(base_url=served.url, timeout=20) as client:
        yield client
