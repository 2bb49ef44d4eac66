"""Open pages of sessions that have ended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nicegui import Client, core

from app.auth.cookie import session_cookie_name
from app.errors import Unavailable
from app.services import Services

# A page may show what it shows for so long after its session has ended elsewhere; actions are refused at once.
LOOK_SECONDS = 5.0


async def close_pages(cookie: str, token: str, *, back: bool = False) -> None:
    """Send every open page of the session to the sign-in page, and let its socket do nothing more. `back`: who signs in
    there comes back to the page."""
    for client in list(Client.instances.values()):
        if client.request.cookies.get(cookie) != token:
            continue
        # Not through the client's outbox: deleting the client stops that.
        if back:
            await core.sio.emit("run_javascript", {"code": "shell.signIn()"}, room=client.id)
        else:
            await core.sio.emit("open", {"path": "/login", "new_tab": False}, room=client.id)
        client.delete()


async def close_ended(services: Services) -> None:
    """Close the pages of all sessions that are no more: signed out elsewhere, expired, password changed, account
    disabled or deleted, also by another process."""
    cookie = session_cookie_name(services.settings)
    tokens = {token for client in Client.instances.values() if (token := client.request.cookies.get(cookie))}
    if not tokens:
        return
    try:
        alive = await services.auth.alive(tokens)
    except Unavailable:
        return  # what cannot be asked has not ended
    for token in tokens - alive:
        await close_pages(cookie, token, back=True)


@asynccontextmanager
async def watching(services: Services) -> AsyncIterator[None]:
    """Look every LOOK_SECONDS."""

    async def look() -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await close_ended(services)

    task = asyncio.create_task(look(), name="ended-sessions")
    try:
        yield
    finally:
        task.cancel()
