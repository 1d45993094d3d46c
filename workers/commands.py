"""The commands that the queue door gives to `throughline`."""

import asyncio
import signal
import threading

import click


def _load_handlers() -> None:
    from core.schema import import_models
    from workers.handlers import load

    import_models()
    load()


@click.command()
@click.option("--threads", default=8, show_default=True, help="Jobs that run at the same time.")
def worker(threads: int) -> None:
    """Run jobs."""
    from core.logging import configure
    from core.settings import settings
    from workers.broker import make_worker

    configure()
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
    from core.logging import configure

    configure()
    asyncio.run(_relay())


async def _relay() -> None:
    from redis.asyncio import Redis

    from core.database import Database
    from core.settings import settings
    from workers.broker import make_broker
    from workers.relay import run_relay
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
    finally:
        await database.close()
        await redis.aclose()


@click.command()
def listen() -> None:
    """Take mail from customers (SMTP)."""
    from core.logging import configure

    configure()
    asyncio.run(_listen())


async def _listen() -> None:
    from redis.asyncio import Redis

    from channels.adapters.email.listener import run_listener
    from core.database import Database
    from core.settings import settings

    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    redis = Redis.from_url(settings().redis_url)
    database = Database(settings().database_url, redis)
    try:
        await run_listener(database, settings(), stop)
    finally:
        await database.close()
        await redis.aclose()
