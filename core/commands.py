"""The commands that the ground floor gives to `throughline`."""

import asyncio
import os

import click


def _database_url() -> str:
    if url := os.environ.get("THROUGHLINE_DATABASE_URL"):
        return url
    raise click.ClickException(
        "THROUGHLINE_DATABASE_URL is not set (postgresql+asyncpg://…). To try Throughline, use `make run`."
    )


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
        migrations.upgrade(_database_url())


@click.command()
def doctor() -> None:
    """Check this machine and this installation, and say what to do."""
    from core.launcher.doctor import examine

    if not examine():
        raise SystemExit(1)


@click.command("create-admin")
@click.option("--email", prompt="E-mail address")
@click.option("--name", prompt="Name")
@click.password_option("--password", envvar="THROUGHLINE_ADMIN_PASSWORD")
def create_admin(email: str, name: str, password: str) -> None:
    """Add a colleague with every right."""

    async def hire() -> None:
        from core import staff
        from core.database import Database

        database = Database(_database_url())
        try:
            async with database.transaction() as session:
                await staff.hire(session, email, name, [staff.Role.ADMIN], password)
        finally:
            await database.close()

    asyncio.run(hire())
    click.echo(f"{name} may now sign in at the desk as {email}.")
