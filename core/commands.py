"""The commands that the ground floor gives to `throughline`."""

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from core.storage import Storage


def _database_url() -> str:
    if url := os.environ.get("THROUGHLINE_DATABASE_URL"):
        return url
    raise click.ClickException(
        "THROUGHLINE_DATABASE_URL is not set (postgresql+asyncpg://…). To try Throughline, use `make run`."
    )


def _storage() -> "Storage | None":
    """Where files lie outside of the database; what else is set is asked for only where they do."""
    if not os.environ.get("THROUGHLINE_FILE_STORAGE"):
        return None
    from core.settings import settings
    from core.storage import open_storage

    return open_storage(settings())


@click.command()
def up() -> None:
    """Start everything on this machine and keep it running until Ctrl-C."""
    from core.cli import default_home
    from core.launcher.up import Launcher

    Launcher(default_home()).run()


@click.command()
@click.option("--make", "message", metavar="MESSAGE", help="Write a new revision from the models instead.")
def migrate(message: str | None) -> None:
    """Bring the database's tables up to date."""
    from core import migrations

    if message:
        migrations.make_revision(_database_url(), message)
    else:
        migrations.upgrade(_database_url(), say=click.echo)


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
def backup(path: Path) -> None:
    """Write everything worth keeping into the file PATH, as of one instant, while all goes on."""
    from core import backups

    made = asyncio.run(backups.backup(_database_url(), path, click.echo, _storage()))
    size = path.stat().st_size / 1024**2
    click.echo(f"{path}: {made.rows:,} rows of {len(made.tables)} tables, {size:,.1f} MB.")
    if made.storage and not made.files:
        click.echo(
            f"Files that people sent lie in {made.storage} and are not in it: keep versions of that bucket."
        )
    click.echo("Redis needs no backup: it only carries. Keep the environment (.env) beside this file.")


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace what the database holds.")
@click.option(
    "--into", metavar="NAME", help="Into another database of the same server; made when it is not there."
)
def restore(path: Path, force: bool, into: str | None) -> None:
    """Load the backup PATH into an empty database, and compare every table; 1 when anything differs."""
    from core import backups

    async def load() -> list[str]:
        url = await backups.create_database(_database_url(), into) if into else _database_url()
        return await backups.restore(url, path, click.echo, _storage(), force=force)

    different = asyncio.run(load())
    for told in different:
        click.echo(told, err=True)
    if different:
        raise click.ClickException("What was restored differs from the backup in what is said above.")
    click.echo("Restored: 0 rows different. Redis needs no restore.")
    click.echo("Run `throughline migrate`, start the processes, then ask `throughline verify`.")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(as_json: bool) -> None:
    """Check this machine and this installation, and say what to do; 1 when something is wrong."""
    from core.launcher.doctor import examine

    if not examine(as_json=as_json):
        raise SystemExit(1)


@click.command("create-admin")
@click.argument("email")
@click.option("--name", help="How the desk calls them; without it, what stands before the @.")
@click.option("--password-stdin", is_flag=True, help="Read the password's one line from standard input.")
def create_admin(email: str, name: str | None, password_stdin: bool) -> None:
    """Add a colleague with every right; asks for the password without showing it."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    name = name or email.partition("@")[0]

    async def hire() -> None:
        from core import staff
        from core.database import Database

        database = Database(_database_url())
        try:
            kept = await staff.hashed(password)
            async with database.transaction() as session:
                await staff.add(session, email, name, [staff.Role.ADMIN], kept)
        finally:
            await database.close()

    asyncio.run(hire())
    click.echo(f"{name} may now sign in at the desk as {email}.")
