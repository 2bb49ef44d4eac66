"""Open pages of a session that has ended."""

from nicegui import Client, core


async def close_pages(cookie: str, token: str) -> None:
    """Send every open page of the session to the sign-in page, and let its socket do nothing more."""
    for client in list(Client.instances.values()):
        if client.request.cookies.get(cookie) != token:
            continue
        # Not through the client's outbox: deleting the client stops that.
        await core.sio.emit("open", {"path": "/login", "new_tab": False}, room=client.id)
        client.delete()
