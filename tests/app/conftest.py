"""The application with a scripted engine, on both databases."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from app.config import Settings
from tests.app.serving import Served, serving


@pytest.fixture
async def served(make_settings: Callable[..., Settings], database_url: str) -> AsyncIterator[Served]:
    """A ready service."""
    async with serving(make_settings(database={"url": database_url})) as instance:
        await instance.services.engine.wait_ready()
        yield instance


@pytest.fixture
async def client(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    """Kim, signed in."""
    async with served.client() as signed_in:
        yield signed_in
