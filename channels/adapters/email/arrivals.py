"""Arrivals: raw mail is kept, once for each mailbox of ours, before anybody answers for it."""

import asyncio
import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from channels.adapters.email.reading import ReadMail
from core.database import Database
from core.jobs import TOPIC, promised, promising
from core.nudges import nudge

# So many mails of up to so many bytes share a statement; a larger one has its own.
TOGETHER = 16
LARGE = 256 * 1024

# What relays add on the way; two copies of one mail differ in these only.
_OUR_FIELDS = re.compile(
    rb"^(message-id|date|from|to|cc|subject|content-type|in-reply-to|references):", re.IGNORECASE
)
_HEAD = re.compile(rb"(?:(?:[!-9;-~]+[ \t]*:|[ \t]|From )[^\n]*(?:\n|\Z))*+")


def digest(raw: bytes) -> str:
    """SHA-256 of what the author wrote: the same mail by another way has the same."""
    # A bare CR ends a line, too: else the whole mail would be one header, which no digest covers.
    plain = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    # Not up to the empty line: it may be missing, and words that no digest covers would make two mails one.
    head = _HEAD.match(plain)
    assert head is not None
    body = plain[head.end() :].strip(b"\n")
    lines = re.sub(rb"\n[ \t]+", b" ", head[0]).split(b"\n")
    written = [line for line in lines if _OUR_FIELDS.match(line)]
    if not written and not body:
        # Nothing in it is of the author's, as far as we know: any two such mails would be one.
        written = lines
    return hashlib.sha256(b"\n".join([*written, b"", body])).hexdigest()


@dataclass(frozen=True)
class Arrival:
    """A raw mail and its envelope, for the mailboxes of ours that it came to; `vouched_by` as in `keep`."""

    mailboxes: Collection[str]
    mail_from: str
    rcpt_to: Sequence[str]
    raw: bytes
    vouched_by: str | None = None


async def store(
    session: AsyncSession,
    mailboxes: set[str],
    mail_from: str,
    rcpt_to: list[str],
    raw: bytes,
    vouched_by: str | None = None,
) -> int:
    """Keep a raw mail for each mailbox and promise its reading; how many of them had not known it.

    One statement, so that it needs no transaction around it. See `keep`.
    """
    [new] = await store_all(session, [Arrival(mailboxes, mail_from, rcpt_to, raw, vouched_by)])
    return new


async def store_all(session: AsyncSession, several: Sequence[Arrival]) -> list[int]:
    """`store` for several mails, in one statement for all of them."""
    digests = [digest(each.raw) for each in several]
    # One order for everyone, so that nobody waits for whoever waits for them.
    copies = sorted(
        (digests[number], mailbox, number)
        for number, each in enumerate(several)
        for mailbox in each.mailboxes
    )
    if not copies:
        return [0] * len(several)
    owners = {uuid7(): number for _, _, number in copies}
    ids = list(owners)
    jobs = [promised(ReadMail(mail_id)) for mail_id in ids]
    rows = {
        "ids": ids,
        "mailboxes": [mailbox for _, mailbox, _ in copies],
        # Counted as PostgreSQL does.
        "numbers": [number + 1 for _, _, number in copies],
        "digests": digests,
        "mail_froms": [each.mail_from for each in several],
        "rcpt_tos": [json.dumps(list(each.rcpt_to)) for each in several],
        "raws": [each.raw for each in several],
        "vouched_bys": [each.vouched_by for each in several],
    }
    kept = await session.scalars(STORE, {**rows, **jobs[0], "payloads": [job["payload"] for job in jobs]})
    new = Counter(owners[mail_id] for mail_id in kept)
    if new:
        nudge(session, TOPIC)
    return [new[number] for number in range(len(several))]


class Tray:
    """Where mails are laid as they arrive: those that come while others are being kept are kept together."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Arrival, asyncio.Future[int]]] = []
        self._work: asyncio.Task[None] | None = None

    async def keep(self, arrival: Arrival) -> int:
        """`store` a mail; it is committed when this returns. Raises whatever kept it, and it alone, from that."""
        if len(arrival.raw) > LARGE:
            async with self._database.statements() as session:
                return (await store_all(session, [arrival]))[0]
        kept: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, kept))
        if self._work is None:
            # A task of its own: whoever laid the first one may go, and the others stay.
            self._work = asyncio.create_task(self._keep_waiting())
        return await kept

    async def _keep_waiting(self) -> None:
        try:
            while self._waiting:
                together, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
                try:
                    await self._keep(together)
                except (OperationalError, InterfaceError, PoolTimeout, OSError) as error:
                    _give(together, error)  # the database is away: for each alone, too
                except Exception:
                    for each in together:
                        try:
                            await self._keep([each])
                        except Exception as error:
                            _give([each], error)
        finally:
            self._work = None
            _give(self._waiting, ConnectionAbortedError("It was not kept: we are closing."))

    async def _keep(self, together: Sequence[tuple[Arrival, "asyncio.Future[int]"]]) -> None:
        async with self._database.statements() as session:
            found = await store_all(session, [arrival for arrival, _ in together])
            # Committed: whoever waits need not wait until others are told, too.
            for (_, kept), new in zip(together, found, strict=True):
                if not kept.done():
                    kept.set_result(new)


def _give(together: Sequence[tuple[Arrival, "asyncio.Future[int]"]], error: Exception) -> None:
    """Tell all who still wait that nothing came of it."""
    for _, kept in together:
        if not kept.done():
            kept.set_exception(error)


async def keep(
    session: AsyncSession,
    mailboxes: set[str],
    mail_from: str,
    rcpt_to: list[str],
    raw: bytes,
    vouched_by: str | None = None,
    found_out: str | None = None,
) -> list[UUID]:
    """Keep a raw mail for each mailbox; the rows of those that had not known it, still to be read.

    `vouched_by` is the authserv-id whose Authentication-Results count for it: None the one of the settings, empty
    nobody's, for mail that did not come through the relay in front of us. `found_out` is what its signatures prove
    (`checking.find_out`): None when that is still to be looked at, empty when it is not to be.
    """
    row = {
        "ids": [uuid7() for _ in mailboxes],
        "mailboxes": sorted(mailboxes),
        "digest": digest(raw),
        "mail_from": mail_from,
        "rcpt_to": json.dumps(rcpt_to),
        "raw": raw,
        "vouched_by": vouched_by,
        "found_out": found_out,
    }
    return list(await session.scalars(KEEP, row))


KEEP = text("""
INSERT INTO received_mail (id, mailbox, digest, mail_from, rcpt_to, raw, vouched_by, found_out)
SELECT id, mailbox, cast(:digest AS text), cast(:mail_from AS text), cast(cast(:rcpt_to AS text) AS jsonb),
    cast(:raw AS bytea), cast(:vouched_by AS text), cast(:found_out AS text)
FROM unnest(cast(:ids AS uuid[]), cast(:mailboxes AS text[])) AS new (id, mailbox) ORDER BY mailbox
ON CONFLICT DO NOTHING RETURNING id
""")
_PROMISED = """unnest(cast(:ids AS uuid[]), cast(:payloads AS text[])) WITH ORDINALITY AS promised (id, payload, place)
JOIN kept ON kept.id = promised.id ORDER BY promised.place"""
# What may be large is taken out of its array row by row, never through a table in between.
STORE = text(f"""
WITH kept AS (
    INSERT INTO received_mail (id, mailbox, digest, mail_from, rcpt_to, raw, vouched_by)
    SELECT id, mailbox, (cast(:digests AS text[]))[number], (cast(:mail_froms AS text[]))[number],
        cast((cast(:rcpt_tos AS text[]))[number] AS jsonb), (cast(:raws AS bytea[]))[number],
        (cast(:vouched_bys AS text[]))[number]
    FROM (
        SELECT id, mailbox, number FROM unnest(
            cast(:ids AS uuid[]), cast(:mailboxes AS text[]), cast(:numbers AS int[])
        ) WITH ORDINALITY AS copy (id, mailbox, number, place) ORDER BY place
    ) AS new
    ON CONFLICT DO NOTHING RETURNING id
), promise AS ({promising(_PROMISED, payload="promised.payload")})
SELECT id FROM kept
""")  # noqa: S608 - only parts of our own are put in
