"""The commands that the queue door gives to `throughline`."""

import asyncio
import signal
import threading
from datetime import datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.progress import TaskID

    from workers.verification import Verified


def _load_handlers() -> None:
    from core.schema import import_models
    from workers.handlers import load

    import_models()
    load()


@click.command()
@click.option("--threads", default=32, show_default=True, help="Jobs that run at the same time.")
def worker(threads: int) -> None:
    """Run jobs."""
    from core import metrics, tracing
    from core.logging import configure
    from core.settings import settings
    from workers.broker import make_worker

    configure(settings())
    tracing.configure("worker")
    metrics.serve(settings(), "worker")
    _load_handlers()
    running = make_worker(settings(), threads)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    running.start()
    stop.wait()
    running.stop(timeout=30_000)


@click.command()
def relay() -> None:
    """Send due jobs to the workers, and start what runs by the clock."""
    from core import metrics
    from core.logging import configure
    from core.settings import settings

    configure(settings())
    metrics.serve(settings(), "relay")
    asyncio.run(_relay())


async def _relay() -> None:
    from redis.asyncio import Redis

    from core.database import Database
    from core.settings import settings
    from workers.broker import make_broker
    from workers.relay import run_relay
    from workers.sampling import run_sampling
    from workers.schedule import run_schedule

    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    redis = Redis.from_url(settings().redis_url)
    database = Database(settings().database_url, redis, pool_size=3)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(run_relay(database, redis, make_broker(settings()), stop))
            tasks.create_task(run_schedule(database, stop))
            if settings().metrics_port is not None:
                tasks.create_task(run_sampling(database, stop))
    finally:
        await database.close()
        await redis.aclose()


@click.command()
def listen() -> None:
    """Take mail from customers (SMTP, LMTP) and fetch it (IMAP)."""
    from core import metrics
    from core.logging import configure
    from core.settings import settings

    configure(settings())
    metrics.serve(settings(), "listen")
    asyncio.run(_listen())


async def _listen() -> None:
    from redis.asyncio import Redis

    from channels.adapters.email.listener import run_listener
    from channels.adapters.email.polling import fetching
    from core.database import Database
    from core.settings import settings

    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    redis = Redis.from_url(settings().redis_url)
    database = Database(settings().database_url, redis)
    try:
        async with fetching(database, settings(), stop):
            await run_listener(database, settings(), stop)
    finally:
        await database.close()
        await redis.aclose()


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Look again, for so long, while jobs that may remove a difference are due.",
)
def verify(as_json: bool, wait: float) -> None:
    """Rebuild derived data and report every difference; 1 when there is any."""
    import json
    from dataclasses import asdict

    found = asyncio.run(_verify(wait))
    if as_json:
        click.echo(json.dumps(asdict(found), indent=2))
    else:
        _show_differences(found)
    if found.differences:
        raise SystemExit(1)


async def _verify(wait: float) -> "Verified":
    from core import copies
    from core.database import Database
    from core.schema import import_models
    from core.settings import settings
    from core.storage import open_storage
    from core.verification import Difference
    from workers.verification import verify_settled

    import_models()
    database = Database(settings().database_url, pool_size=1)
    storage = open_storage(settings())
    try:
        found = await verify_settled(database, wait)
        if storage is not None:
            for told in await copies.missing(settings().database_url, storage):
                found.differences.append(
                    Difference("a file is where it was kept", storage.place, "named", told)
                )
        return found
    finally:
        await database.close()


def _show_differences(found: "Verified") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if found.differences:
        table = Table("What must be true", "Of", "Kept", "The facts say")
        for difference in found.differences:
            table.add_row(difference.check, difference.subject, difference.kept, difference.derived)
        console.print(table)
    console.print(f"{len(found.differences)} differences.")
    if found.waiting or found.dead:
        console.print(f"{found.waiting} jobs are due, {found.dead} are dead: differences may be theirs.")


@click.command()
@click.option("--show-logins", is_flag=True, help="Print the demo colleagues' log-ins as JSON; load nothing.")
@click.option("--in-production", is_flag=True, help="Load it although this is not a place for trying out.")
@click.option(
    "--customers",
    default=2000,
    show_default=True,
    help="Generated customers beside the forty written by hand.",
)
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day on which the two years end, at six in the evening; by default now.",
)
def seed(show_logins: bool, in_production: bool, customers: int, as_of: datetime | None) -> None:
    """Load the demo company: staff, catalogue, help centre, customers and their stories."""
    import json

    from core.settings import settings
    from workers.seed import logins

    if show_logins:
        click.echo(json.dumps(logins(settings()), indent=2))
        return
    if settings().environment == "production" and not in_production:
        raise click.ClickException(
            "This is a production installation: invented customers would stand among real ones. "
            "Say --in-production if that is what you want."
        )
    asyncio.run(_seed(customers, as_of))


async def _seed(customers: int, as_of: datetime | None) -> None:
    from redis.asyncio import Redis
    from rich.progress import Progress

    from core.database import Database
    from core.schema import import_models
    from core.settings import settings
    from workers.seed import seed
    from workers.seeding.loading import ending

    import_models()
    redis = Redis.from_url(settings().redis_url)
    database = Database(settings().database_url, redis, pool_size=2)
    try:
        with Progress(transient=True) as progress:
            bars: dict[str, TaskID] = {}
            async for what, done, of in seed(database, settings(), customers, ending(as_of)):
                if what not in bars:
                    bars[what] = progress.add_task(what, total=of)
                progress.update(bars[what], completed=done)
    finally:
        await database.close()
        await redis.aclose()
    click.echo("The demo company is loaded.")
