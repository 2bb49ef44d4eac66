"""Serve: uvicorn with one worker, told in words what matters, ended cleanly by SIGTERM and Ctrl-C."""

import asyncio
import errno
import resource
import signal
import socket
from collections.abc import Awaitable, Callable
from types import FrameType

import structlog
import typer
import uvicorn
from fastapi import FastAPI
from sqlalchemy.engine import make_url

from app.auth import repository
from app.backups.manifest import BackupError
from app.config import Settings
from app.db import Database
from app.errors import Unavailable
from app.http_protocol import BoundedHttp, BoundedSocket
from app.instance import DataInUse, hold
from app.logs import configure_logging
from app.schema import SchemaTooNew
from app.services import DRAIN_SECONDS, SAVE_SECONDS, Services
from app.systemd import READY, STOPPING, from_environment

log = structlog.get_logger(__name__)

# Open files: each page and each stream is one. Shells and systemd allow 1024 to who does not ask for more.
MAX_FILES = 65_536
# uvicorn waits this long for open streams after our drain has ended them, in seconds.
GRACE_SECONDS = 3


def run(settings: Settings) -> None:
    """Blocks until the server has stopped. Raises typer.Exit(1) for a taken port or an unusable database."""
    configure_logging(json=settings.env == "production")
    allow_many_connections()
    listener = _listen(settings.host, settings.port)
    try:
        with hold(settings.data_dir, alone=False):
            _serve(settings, listener)
    except (DataInUse, SchemaTooNew, BackupError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def _serve(settings: Settings, listener: socket.socket) -> None:
    _migrate(settings)
    _greet(settings)
    from app.main import create_app

    app = create_app(settings)
    config = configured(settings, app)
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises a caught signal again at its end; by then there is nothing left to interrupt.
        signal.signal(number, _already_stopped)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(Server(config, app).serve(sockets=[listener]))
    log.info("stopped")


def allow_many_connections() -> None:
    """Raise our own limit of open files, as far as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def configured(settings: Settings, app: FastAPI) -> uvicorn.Config:
    """How uvicorn serves the application. Addresses that proxies forward are believed of the trusted ones only."""
    return uvicorn.Config(
        app,
        http=BoundedHttp,
        ws=BoundedSocket,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ws_max_size=1024 * 1024,
    )


class Server(uvicorn.Server):
    """Ends the generations before uvicorn waits for their streams: it would wait for ever, or cut them unsaved."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app
        self.on_started: Callable[[], None] = lambda: None
        self._systemd = from_environment()
        self._alive: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell when connections are taken."""
        await super().startup(sockets)
        if self.started:
            self._systemd.notify(READY)
            self._alive = asyncio.create_task(self._systemd.stay_alive())
            self.on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """First our drain, then uvicorn's."""
        self._systemd.notify(STOPPING)
        self._refuse(sockets or [])
        services: Services = self._app.state.services
        await services.generations.shutdown(DRAIN_SECONDS, SAVE_SECONDS, self._entering)
        await super().shutdown(sockets)
        if self._alive is not None:
            self._alive.cancel()

    def _entering(self) -> bool:
        """Requests that had come in before the stop and are not answered yet, not even with the head of a stream."""
        http = (one for one in self.server_state.connections if isinstance(one, BoundedHttp))
        return any(one.cycle is not None and not one.cycle.response_started for one in http)

    def _refuse(self, sockets: list[socket.socket]) -> None:
        """Take no new connection, and close those between two requests: a proxy asks the next server, and no request
        is taken here only to be refused. Streams and open pages stay for the drain."""
        for server in self.servers:
            server.close()
        for listener in sockets:
            listener.close()
        for connection in list(self.server_state.connections):
            if isinstance(connection, BoundedHttp):
                connection.shutdown()


def _already_stopped(_number: int, _frame: FrameType | None) -> None:
    return


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        reason = (
            "is taken by another program" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
        )
        typer.echo(f"Port {port} on {host} {reason}. Choose another one: PORT=8001 make run", err=True)
        raise typer.Exit(1) from error
    listener.set_inheritable(False)
    return listener


def _migrate(settings: Settings) -> None:
    from app.migrate import migrate

    if not asyncio.run(_ask(settings, Database.ping)):
        shown = make_url(settings.database_url).render_as_string(hide_password=True)
        typer.echo(f"The database does not answer: {shown}. Check CHAT_DATABASE__URL and that it runs.", err=True)
        raise typer.Exit(1)
    migrate(settings)


async def _ask(settings: Settings, question: Callable[[Database], Awaitable[object]]) -> bool:
    """True when the question could be asked and was not answered with False."""
    db = Database(settings)
    try:
        return await question(db) is not False
    except Unavailable:
        return False
    finally:
        await db.close()


async def _has_users(db: Database) -> bool:
    async with db.transaction() as session:
        return await repository.any_user(session)


def _greet(settings: Settings) -> None:
    address = settings.public_url or f"http://{settings.host}:{settings.port}"
    typer.echo(f"vllm-chat: {address}")
    if settings.auth.registration != "open" or asyncio.run(_ask(settings, _has_users)):
        typer.echo(f"Sign in at {address}/login")
    elif settings.env == "development":
        typer.echo(f"First start: make an account at {address}/register; the first one administrates.")
    else:
        typer.echo(
            f"First start: make an account at {address}/register; `vllm-chat create-admin` makes the administrator."
        )
