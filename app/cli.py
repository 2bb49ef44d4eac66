"""The command line: `vllm-chat` and `python -m app`. Imports stay inside the commands, so that each is quick."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from app.audit.service import AuditService
    from app.auth.people import People
    from app.config import Settings
    from app.db import Database

cli = typer.Typer(help="A self-hosted chat service on your own GPUs.", no_args_is_help=True, add_completion=False)
Email = Annotated[str, typer.Option(prompt=True, help="E-mail address of the account")]
Password = Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)]


def fail(message: str) -> NoReturn:
    """End with one clear message instead of a traceback."""
    typer.echo(message, err=True)
    raise typer.Exit(1)


def settings_or_exit() -> "Settings":
    """The settings, or all their faults in words."""
    from app.config import SettingsError, load_settings

    try:
        return load_settings()
    except SettingsError as error:
        fail(f"The settings are wrong:\n{error}")


@cli.command()
def serve() -> None:
    """Migrate the database and serve the chat."""
    from app.serve import run

    run(settings_or_exit())


@cli.command("migrate")
def migrate_command(revision: Annotated[str, typer.Argument()] = "head") -> None:
    """Bring the database to the newest schema (or to REVISION)."""
    from app.instance import hold
    from app.logs import configure_logging
    from app.migrate import migrate

    settings = settings_or_exit()
    configure_logging(json=False)
    with _clear_errors(), hold(settings.data_dir, alone=False):
        migrate(settings, revision)
    typer.echo("The database has the newest schema.")


@cli.command("create-admin")
def create_admin(email: Email, password: Password) -> None:
    """Create an administrator."""
    _with_accounts(lambda people: people.registration.create_admin(email, password))
    typer.echo(f"{email} is an administrator now.")


@cli.command("reset-password")
def reset_password(
    address: Annotated[str | None, typer.Argument(metavar="EMAIL")] = None,
    email: Annotated[str | None, typer.Option(help="The same as EMAIL")] = None,
    password: Annotated[str | None, typer.Option(help="Unset: asked for, or the first line of the input")] = None,
    remove_totp: Annotated[bool, typer.Option("--remove-totp", help="Switch the second factor off, too")] = False,
) -> None:
    """Set a new password and sign the user out everywhere."""
    account = address or email or typer.prompt("Email")
    chosen = password if password is not None else _new_password()
    _with_accounts(lambda people: people.users.set_password(account, chosen, remove_totp=remove_totp))
    typer.echo(f"{account} has a new password and is signed out everywhere.")


@cli.command()
def pull(model: str) -> None:
    """Fetch MODEL (a hub id or a directory) for CHAT_ENGINE__MODEL; an interrupted download is resumed."""
    from app.pull import pull_model
    from engine.errors import EngineConfigError

    try:
        pull_model(model, typer.echo)
    except EngineConfigError as error:
        fail(str(error))


@cli.command()
def doctor() -> None:
    """Check GPU, model, database, Redis and the running server; say what is wrong."""
    from app.doctor import examine

    raise typer.Exit(asyncio.run(examine(settings_or_exit(), typer.echo)))


@cli.command()
def backup(file: Annotated[Path | None, typer.Argument(help="A file or a directory")] = None) -> None:
    """Save the database and the keys of this instance into one FILE (by default in the data directory)."""
    from app.backups import creating
    from app.db import now

    settings = settings_or_exit()
    named = creating.named(settings, "backup", now())
    target = named if file is None else file / named.name if file.is_dir() else file
    with _clear_errors():
        manifest = creating.create(settings, target)
    typer.echo(f"{target}: {manifest.kind}, schema {manifest.revision}, {target.stat().st_size:,} bytes")


@cli.command()
def restore(
    file: Path,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there; it is kept aside")] = False,
) -> None:
    """Put the backup FILE in place. The server must not run."""
    from app.backups.restoring import restore

    settings = settings_or_exit()
    with _clear_errors():
        done = restore(settings, file, force=force)
    typer.echo(f"Restored what was saved at {done.manifest.created_at:%Y-%m-%d %H:%M:%S} UTC.")
    if done.aside is not None:
        typer.echo(f"What was there before is in {done.aside}")


@cli.command("move-database")
def move_database(
    to: Annotated[str, typer.Option(prompt="Address (postgresql+asyncpg://…)", hide_input=True)],
) -> None:
    """Move the embedded SQLite database to an empty PostgreSQL database. The server must not run."""
    from app.moving import move

    settings = settings_or_exit()
    with _clear_errors():
        counts = move(settings, to)
    for table, rows in counts.items():
        typer.echo(f"{table}: {rows:,}")
    typer.echo("All rows have arrived. Set CHAT_DATABASE__URL to that address; the file of SQLite is as it was.")


@cli.command("demo-data")
def demo_data(
    email: Annotated[str, typer.Option(help="E-mail address of the account")] = "demo@example.com",
    in_production: Annotated[bool, typer.Option("--in-production", help="Also with CHAT_ENV=production")] = False,
) -> None:
    """Fill an account with conversations to show the service with, and print how to sign in. Twice does no harm."""
    import secrets

    from app.demo_data.service import DemoData, Filled

    settings = settings_or_exit()
    if settings.env == "production" and not in_production:
        fail("This makes an account with a known address. In production say --in-production if that is what you want.")
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    password = secrets.token_urlsafe(12)
    filled: list[Filled] = []

    async def fill(people: "People", db: "Database", audit: "AuditService") -> None:
        filled.append(await DemoData(db, people, audit, base).fill(email, password))

    _with_storage(fill)
    (done,) = filled
    shown = password if done.new else "as before (vllm-chat reset-password sets a new one)"
    lines = [("E-mail", email), ("Password", shown), ("Sign in", f"{base}/login")]
    lines += [("Added", f"{done.conversations} conversations"), *(("Shared", link) for link in done.links)]
    for name, value in lines:
        typer.echo(f"{name}: {value}")


def _new_password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _with_accounts(action: "Callable[[People], Coroutine[Any, Any, object]]") -> None:
    _with_storage(lambda people, _db, _audit: action(people))


def _with_storage(action: "Callable[[People, Database, AuditService], Coroutine[Any, Any, object]]") -> None:
    from app.audit.service import AuditService
    from app.auth.people import open_people
    from app.db import Database
    from app.instance import hold
    from app.migrate import migrate

    settings = settings_or_exit()

    async def run() -> None:
        db = Database(settings)
        try:
            audit = AuditService(db)
            async with open_people(settings, db, audit) as people:
                await action(people, db, audit)
            await audit.batches.flush()
        finally:
            await db.close()

    with _clear_errors(), hold(settings.data_dir, alone=False):
        migrate(settings)
        asyncio.run(run())


@contextmanager
def _clear_errors() -> Iterator[None]:
    from app.backups.manifest import BackupError
    from app.errors import AppError
    from app.instance import DataInUse
    from app.moving import MoveError
    from app.schema import SchemaTooNew

    try:
        yield
    except AppError as error:
        fail(error.message)
    except (BackupError, DataInUse, MoveError, SchemaTooNew, OSError) as error:
        fail(str(error))


def main() -> None:
    """Entry of the console script."""
    # The modules are found from any directory; relative paths in settings stay relative to the caller's.
    sys.path.insert(0, str(Path(__file__).parent.parent))
    cli()
