"""The commands that the HTTP door gives to `throughline`."""

import asyncio
import multiprocessing
import signal
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from uuid import UUID

import click

# The process that only starts the serving ones carries no more than it needs.
if TYPE_CHECKING:
    from litestar import Litestar
    from sqlalchemy.ext.asyncio import AsyncSession

# How long (s) requests that are under way may take to finish once the site is told to stop.
GRACE = 10


@click.command()
@click.option("--workers", default=1, show_default=True, help="Processes that serve.")
def web(workers: int) -> None:
    """Serve the customer site, the desk and the API."""
    from granian import Granian
    from granian.constants import Interfaces

    from core.logging import configure
    from core.settings import settings

    configure(settings())
    if workers > 1 and settings().metrics_port is not None:
        raise click.ClickException(
            "Figures are counted by each process for itself: instead of several workers, start several times "
            "`throughline web`, each with a port and a metrics port of its own, or unset THROUGHLINE_METRICS_PORT."
        )
    Granian(
        "portal.commands:application",
        address=settings().host,
        port=settings().port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=workers,
        websockets=False,
        workers_kill_timeout=GRACE,
        log_access=False,
        # Its few lines go the way of all others.
        log_dictconfig={"formatters": {}, "handlers": {}, "loggers": {}},
    ).serve()


def application() -> object:
    """The ASGI application of a serving process."""
    from core import metrics, tracing
    from core.embedded.children import die_with_parent
    from core.logging import configure
    from core.settings import settings
    from portal.app import create_app

    # Otherwise this process would go on serving, and hold the port, when the one that started it is killed.
    if (parent := multiprocessing.parent_process()) is not None and parent.pid is not None:
        die_with_parent(parent.pid)
    configure(settings())
    tracing.configure("web")
    metrics.serve(settings(), "web")
    app = create_app(settings())
    app.on_startup.append(_end_streams_when_told)
    return app


async def _end_streams_when_told(app: "Litestar") -> None:
    """End the live streams as soon as this process is to stop: the server waits for requests, also for those."""
    loop = asyncio.get_running_loop()

    def told(*_: object) -> None:
        loop.call_soon_threadsafe(app.state.live.end)

    for name in (signal.SIGTERM, signal.SIGINT):
        # Beside the server's own: that one hangs on the loop's wake-up descriptor, which every signal writes to.
        signal.signal(name, told)


@click.group()
def token() -> None:
    """The keys with which programs use the API."""


@token.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    help="What it may do, as in customers:read; give it several times.",
)
def create_token(name: str, scopes: tuple[str, ...]) -> None:
    """Make a token called NAME and print it: it is shown this once."""
    from portal import tokens

    _token, secret = asyncio.run(_in_transaction(lambda session: tokens.create(session, name, scopes)))
    click.echo(secret)


@token.command("list")
def list_tokens() -> None:
    """Show every token: when it was last used, and what it may do."""
    from portal import tokens

    for kept in asyncio.run(_in_transaction(tokens.listed)):
        used = f"used {kept.last_used_at:%Y-%m-%d %H:%M}" if kept.last_used_at else "never used"
        state = "revoked" if kept.revoked_at else used
        click.echo(f"{kept.id}  {kept.beginning}…  {kept.name}  {state}  {' '.join(kept.scopes)}")


@token.command("revoke")
@click.argument("token_id", type=click.UUID)
def revoke_token(token_id: UUID) -> None:
    """Close a token for ever."""
    from portal import tokens

    kept = asyncio.run(_in_transaction(lambda session: tokens.revoke(session, token_id)))
    click.echo(f"{kept.name} opens nothing any more.")


async def _in_transaction[T](act: Callable[["AsyncSession"], Awaitable[T]]) -> T:
    from core.database import Database
    from core.errors import DomainError, Invalid
    from core.schema import import_models
    from core.settings import settings

    import_models()
    database = Database(settings().database_url)
    try:
        async with database.transaction() as session:
            return await act(session)
    except Invalid as error:
        raise click.ClickException(" ".join([error.message, *error.fields.values()])) from None
    except DomainError as error:
        raise click.ClickException(error.message) from None
    finally:
        await database.close()
