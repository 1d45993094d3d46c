"""`python -m sandbox`: one process with the stand-ins' HTTP and SMTP servers, until SIGTERM."""

import asyncio
import contextlib
import signal
import sqlite3
import sys
from collections.abc import Coroutine
from typing import Any

from aiohttp import web

from sandbox.cards.api import CardApi
from sandbox.cards.checkout import expire_session
from sandbox.cards.objects import Vault
from sandbox.cards.pages import CardPages
from sandbox.faults import Faults
from sandbox.home import HomePages
from sandbox.mail.mailboxes import Mailboxes
from sandbox.mail.pages import MailPages
from sandbox.mail.smtp import SmtpSession
from sandbox.phone.api import PhoneApi
from sandbox.phone.pages import PhonePages
from sandbox.phone.threads import Threads
from sandbox.serving import Pages, refuse_strangers
from sandbox.settings import MisconfiguredError, Settings, read_settings
from sandbox.store import Store
from sandbox.webhooks import Webhooks

HOST = "127.0.0.1"


def create_app(
    store: Store, faults: Faults, webhooks: Webhooks, boxes: Mailboxes, settings: Settings, vault: Vault
) -> web.Application:
    """The pages and the companies' APIs."""
    app = web.Application(
        middlewares=[refuse_strangers(settings.public_url)], client_max_size=50 * 1024 * 1024
    )
    pages = Pages()
    threads = Threads(store, webhooks, settings)
    HomePages(store, faults, webhooks, settings, pages).add_routes(app)
    MailPages(store, boxes, settings, pages).add_routes(app)
    PhoneApi(threads, faults, settings).add_routes(app)
    PhonePages(store, threads, settings, pages).add_routes(app)
    CardApi(vault, store, faults).add_routes(app)
    CardPages(store, vault, pages).add_routes(app)
    return app


async def expire_sessions(vault: Vault) -> None:
    """Close checkout pages whose time ran out."""
    while True:
        for session in vault.overdue_sessions():
            expire_session(vault, session)
        await asyncio.sleep(5)


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Raises MisconfiguredError when a port or the folder cannot be used."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        store = Store(settings.data)
    except (OSError, sqlite3.Error) as error:
        raise MisconfiguredError(f"The sandbox cannot keep its data in {settings.data}: {error}.") from error
    faults = Faults(store)
    webhooks = Webhooks(store, faults, settings)
    boxes = Mailboxes(store)
    vault = Vault(store, webhooks, settings)
    sessions: set[SmtpSession] = set()
    app = create_app(store, faults, webhooks, boxes, settings, vault)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(store.close)
        smtp = await _listen(
            "SANDBOX_SMTP_PORT",
            settings.smtp_port,
            loop.create_server(
                lambda: SmtpSession(boxes, faults, sessions), HOST, settings.smtp_port, backlog=512
            ),
        )
        stack.callback(smtp.close)
        stack.push_async_callback(runner.cleanup)
        await _listen(
            "SANDBOX_HTTP_PORT",
            settings.http_port,
            web.TCPSite(runner, HOST, settings.http_port, backlog=512).start(),
        )
        print(
            f"The sandbox is open at {settings.public_url}, mail on {HOST}:{settings.smtp_port}.", flush=True
        )
        errands = [asyncio.create_task(webhooks.run()), asyncio.create_task(expire_sessions(vault))]
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait([stopped, *errands], return_when=asyncio.FIRST_COMPLETED)
        smtp.close()
        for session in list(sessions):
            session.close()
        for errand in errands:
            errand.cancel()
        results = await asyncio.gather(*errands, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result


async def _listen[T](name: str, port: int, start: Coroutine[Any, Any, T]) -> T:
    try:
        return await start
    except OSError as error:
        raise MisconfiguredError(
            f"Port {port} on {HOST} cannot be used ({error.strerror or error}): another program may hold it."
            f" Stop that program, or set {name} to a free port."
        ) from error


def main() -> int:
    try:
        asyncio.run(serve(read_settings()))
    except MisconfiguredError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
