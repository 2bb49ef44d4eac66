"""NiceGUI's socket takes any packet of anybody who knows a page's id. Here it becomes strict: a socket drives only
pages of the session that it was opened with, and one that sends nonsense is closed with a single line in the log."""

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any
from urllib.parse import parse_qs

import structlog
from nicegui import Client, core
from socketio.exceptions import ConnectionRefusedError as Refused
from starlette.requests import cookie_parser

from app.auth.cookie import session_cookie_name
from ui.deps import services

log = structlog.get_logger(__name__)

EVENTS = ("handshake", "event", "javascript_response", "ack")

Handler = Callable[..., Any]

# NiceGUI's own, before the first application of this process has wrapped them.
_HANDLERS: dict[str, Handler] = {name: core.sio.handlers["/"][name] for name in (*EVENTS, "connect")}
_RECEIVE: Callable[[str, Any], Awaitable[None]] = core.sio.eio.handlers["message"]


def guard_sockets() -> None:
    """Put our checks around NiceGUI's handlers; once more does no harm."""
    for name in EVENTS:
        core.sio.on(name, _checked(_HANDLERS[name]))
    core.sio.on("connect", _connect)
    # Browsers may send lines for the server's log. Nobody outside writes there.
    core.sio.on("log", _ignore)
    core.sio.eio.on("message", _receive)


def _checked(handler: Handler) -> Handler:
    async def checked(sid: str, *args: Any) -> Any:
        try:
            client = Client.instances.get(args[0]["client_id"])
            if client is None:
                return False  # the page has gone meanwhile
            if not _owns(core.sio.get_environ(sid), client):
                raise PermissionError("a page of another session")
            result = handler(sid, *args)
            return await result if isawaitable(result) else result
        except Exception as error:
            await _close(core.sio.manager.eio_sid_from_sid(sid, "/"), error)
            return False

    return checked


async def _connect(sid: str, environ: dict[str, Any], auth: Any = None) -> None:
    query = parse_qs(environ.get("QUERY_STRING", ""))
    client = Client.instances.get(query.get("client_id", [""])[0])
    if client is not None and not _owns(environ, client):
        raise Refused("This page belongs to another session.")
    await _HANDLERS["connect"](sid, environ, auth)


async def _ignore(_sid: str, *_args: Any) -> None:
    return


async def _receive(eio_sid: str, data: Any) -> None:
    """What is no packet of the protocol at all."""
    try:
        await _RECEIVE(eio_sid, data)
    except Exception as error:
        await _close(eio_sid, error)


async def _close(eio_sid: str | None, error: Exception) -> None:
    socket = core.sio.eio.sockets.get(eio_sid)
    if socket is None or socket.closing:
        return  # closed by an earlier packet of the same burst
    log.warning("socket closed: it sent what no page sends", error=type(error).__name__)
    await core.sio.eio.disconnect(eio_sid)
    # The library only asks the other side to hang up. An empty packet ends its writer, which closes the connection.
    await socket.queue.put(None)


def _owns(environ: dict[str, Any] | None, client: Client) -> bool:
    name = session_cookie_name(services().settings)
    token = cookie_parser((environ or {}).get("HTTP_COOKIE", "")).get(name)
    return token is not None and token == client.request.cookies.get(name)
