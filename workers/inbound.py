"""The commands for mail that is not sent to us but handed over: imports of old mailboxes, replays."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from channels.adapters.email.feeding import Fed

TRIES = 3


@click.group()
def inbound() -> None:
    """Mail that comes in another way than over the network."""


@inbound.command()
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, allow_dash=True, path_type=Path)
)
@click.option(
    "--mailbox", help="Where mail goes that names no mailbox of ours; by default the support address."
)
@click.option(
    "--check-signatures",
    is_flag=True,
    help="Ask the DNS for the keys of DKIM signatures, as for mail that comes in; else nothing is asked.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def feed(paths: tuple[Path, ...], mailbox: str | None, check_signatures: bool, as_json: bool) -> None:
    """Let in mails from files: .eml files, mbox files, Maildirs, folders of them, packed or not; - is what is piped in.

    They take the very path of mail that comes in: threads, tickets and the first answer included. What was taken
    before is not taken again, so a feed that was broken off is simply repeated. One line tells of each mail; the sum is
    told at the end (with --json on standard error). It ends with 1 when something could not be read or taken.
    """
    asyncio.run(_feed(paths, mailbox, check_signatures, as_json))


async def _feed(paths: Sequence[Path], mailbox: str | None, check: bool, as_json: bool) -> None:
    counted: Counter[str] = Counter()
    async for fed in _fed(paths, mailbox, check):
        counted[fed.outcome] += 1
        click.echo(_as_json(fed) if as_json else _in_words(fed))
    total = ", ".join(f"{number} {outcome}" for outcome, number in counted.most_common())
    click.echo(f"{counted.total()} mails: {total}." if counted else "No mail is there.", err=as_json)
    if counted["not taken"]:
        raise SystemExit(1)


async def _fed(paths: Sequence[Path], mailbox: str | None, check: bool) -> AsyncIterator["Fed"]:
    from redis.asyncio import Redis
    from sqlalchemy.exc import DBAPIError

    from channels.adapters.email.feeding import feed, left_out
    from channels.adapters.email.letters import letters
    from channels.adapters.email.resolving import Asker, place
    from core.database import Database
    from core.errors import TransientError
    from core.schema import import_models
    from core.settings import settings

    import_models()
    redis = Redis.from_url(settings().redis_url)
    database = Database(settings().database_url, redis, pool_size=1)
    names = Asker(*place(settings().name_server)) if check else None

    async def taken(source: str, raw: bytes) -> "Fed":
        for left in reversed(range(TRIES)):
            try:
                return await feed(database, settings(), source, raw, mailbox, names)
            except (DBAPIError, TransientError) as error:  # a deadlock, a process that was ended
                if not left:
                    return left_out(source, raw, f"It cannot be kept just now: {type(error).__name__}.")
        raise AssertionError

    try:
        for source, raw in letters(paths):
            yield left_out(source, b"", raw) if isinstance(raw, str) else await taken(source, raw)
    finally:
        await database.close()
        await redis.aclose()


def _as_json(fed: "Fed") -> str:
    # These end a line for some readers, though not in JSON.
    said = json.dumps(asdict(fed), default=str, ensure_ascii=False)
    return said.replace("\x85", "\\u0085").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _in_words(fed: "Fed") -> str:
    who = f" from {fed.customer or fed.sender}" if fed.customer or fed.sender else ""
    what = f": {fed.subject[:80]}" if fed.subject else ""
    why = f" ({fed.reason})" if fed.reason else ""
    return f"{fed.source}: {fed.outcome}{who}{what}{why}"
