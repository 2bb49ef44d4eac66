"""The command line: `vllm-chat` and `python -m app`. Imports stay inside the commands, so that each is quick."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
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
    from app.logs import configure_logging
    from app.migrate import migrate

    settings = settings_or_exit()
    configure_logging(json=False)
    migrate(settings, revision)
    typer.echo("The database has the newest schema.")


@cli.command("create-admin")
def create_admin(email: Email, password: Password) -> None:
    """Create an administrator."""
    _with_accounts(lambda people: people.registration.create_admin(email, password))
    typer.echo(f"{email} is an administrator now.")


@cli.command("reset-password")
def reset_password(
    email: Email,
    password: Password,
    remove_totp: Annotated[bool, typer.Option("--remove-totp", help="Switch the second factor off, too")] = False,
) -> None:
    """Set a new password and sign the user out everywhere."""
    _with_accounts(lambda people: people.users.set_password(email, password, remove_totp=remove_totp))
    typer.echo(f"{email} has a new password.")


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


def _with_accounts(action: "Callable[[People], Coroutine[Any, Any, object]]") -> None:
    _with_storage(lambda people, _db, _audit: action(people))


def _with_storage(action: "Callable[[People, Database, AuditService], Coroutine[Any, Any, object]]") -> None:
    from app.audit.service import AuditService
    from app.auth.people import open_people
    from app.db import Database
    from app.errors import AppError
    from app.migrate import migrate

    settings = settings_or_exit()
    migrate(settings)

    async def run() -> None:
        db = Database(settings)
        try:
            audit = AuditService(db)
            async with open_people(settings, db, audit) as people:
                await action(people, db, audit)
            await audit.batches.flush()
        finally:
            await db.close()

    try:
        asyncio.run(run())
    except AppError as error:
        fail(error.message)


def main() -> None:
    """Entry of the console script."""
    # The modules are found from any directory; relative paths in settings stay relative to the caller's.
    sys.path.insert(0, str(Path(__file__).parent.parent))
    cli()
