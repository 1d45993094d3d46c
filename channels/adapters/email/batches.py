"""Batches: kept mails that wait together are read together, in as many statements as one would take."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from channels import conversations
from channels.adapters.email import bounces, complaints
from channels.adapters.email.isolation import parse_all_apart
from channels.adapters.email.parsing import ParsedMail
from channels.adapters.email.reading import (
    CheckMail,
    Kept,
    ReadMail,
    came_back,
    is_unchecked,
    read_mail,
    understand,
)
from channels.intake import Incoming
from core import locks
from core.clock import now
from core.errors import Invalid
from core.jobs import Job, enqueue_many
from core.locks import Realm
from core.settings import Settings
from customers.identities import Standing


class ReadMails(Job, tag="channels.read_mails", frozen=True):
    """Read several kept mails in one transaction."""

    received_mail_ids: list[UUID]


# Mails of up to so many bytes are read together with others.
SMALL = 256 * 1024
WAITING = text("""
SELECT id, mailbox, digest, mail_from, rcpt_to, vouched_by, found_out,
    CASE WHEN octet_length(raw) <= :small THEN raw END AS raw
FROM received_mail
WHERE id = ANY(cast(:ids AS uuid[])) AND processed_at IS NULL
ORDER BY id FOR UPDATE
""")
TWINS = text("""
SELECT digest FROM received_mail
WHERE digest = ANY(cast(:digests AS text[])) AND message_id IS NOT NULL
UNION ALL
SELECT external_id FROM message
WHERE channel = 'email' AND account = ANY(cast(:mailboxes AS text[]))
    AND external_id IS NOT NULL AND external_id = ANY(cast(:digests AS text[]))
""")
NOTE = text("""
UPDATE received_mail m SET message_id = read.message_id, processed_at = :at, quarantined = NULL
FROM unnest(cast(:ids AS uuid[]), cast(:messages AS uuid[])) AS read (id, message_id)
WHERE m.id = read.id
""")

Letter = tuple[Kept, Incoming]


async def read_mails(session: AsyncSession, received_mail_ids: Sequence[UUID], settings: Settings) -> None:
    """Read several kept mails: those that are plain in the same few statements, the others one by one.

    Raises whatever goes wrong with one of the plain ones; the caller undoes it all and reads each alone.
    """
    waiting = await _waiting(session, received_mail_ids)
    if not waiting:
        return
    small = [(mail, mail.raw) for mail in waiting if mail.raw is not None]
    said = dict(
        zip([mail.id for mail, _ in small], await parse_all_apart([raw for _, raw in small]), strict=True)
    )
    unchecked = {mail.id for mail, _ in small if is_unchecked(mail, said[mail.id], settings)}
    await enqueue_many(session, [CheckMail(mail_id) for mail_id in sorted(unchecked)])
    waiting = [mail for mail in waiting if mail.id not in unchecked]
    small = [(mail, raw) for mail, raw in small if mail.id not in unchecked]
    twins = await _twins(session, waiting)
    letters = [
        (mail, incoming)
        for mail, _ in small
        if (incoming := _understood(mail, said[mail.id], settings)) is not None
    ]
    known: dict[str, Standing] | None = None
    if letters:
        known = await conversations.hold_all(session, [incoming for _, incoming in letters])
    plain = [
        (mail, incoming)
        for mail, incoming in letters
        if mail.digest not in twins and not _is_report(mail, said[mail.id], settings)
    ]
    alone = {mail.id for mail in waiting} - {mail.id for mail, _ in plain}
    while plain:
        now_due, plain = _apart(plain)
        received = await conversations.receive_all(session, [incoming for _, incoming in now_due], known)
        known = None
        read = [(mail.id, one) for (mail, _), one in zip(now_due, received, strict=True)]
        await _note(session, [(mail_id, one.message_id) for mail_id, one in read if one is not None])
        for mail_id in [mail_id for mail_id, one in read if one is None]:
            await read_mail(session, ReadMail(mail_id), settings, said[mail_id])
    for mail_id in sorted(alone):
        await read_mail(session, ReadMail(mail_id), settings, said.get(mail_id))


async def _waiting(session: AsyncSession, received_mail_ids: Sequence[UUID]) -> list[Kept]:
    rows = await session.execute(WAITING, {"ids": list(received_mail_ids), "small": SMALL})
    return [Kept(*row) for row in rows]


async def _twins(session: AsyncSession, waiting: Sequence[Kept]) -> set[str]:
    """The contents that several of these mails share, or that came in before; nobody else reads them meanwhile."""
    counted = Counter(mail.digest for mail in waiting)
    await locks.hold(session, [(Realm.CONTENT, digest) for digest in counted])
    asked = {"digests": list(counted), "mailboxes": list({mail.mailbox for mail in waiting})}
    return {
        *(await session.scalars(TWINS, asked)),
        *(digest for digest, times in counted.items() if times > 1),
    }


def _understood(mail: Kept, parsed: ParsedMail, settings: Settings) -> Incoming | None:
    """What a mail says, as a message; None for what stays out."""
    try:
        return understand(mail, parsed, settings)
    except Invalid:
        return None


def _is_report(mail: Kept, parsed: ParsedMail, settings: Settings) -> bool:
    return complaints.find(parsed) is not None or bounces.find(parsed, came_back(mail, settings)) is not None


def _apart(plain: Sequence[Letter]) -> tuple[list[Letter], list[Letter]]:
    """Those that have nothing to do with one another, and the others, which must wait for them."""
    first: list[Letter] = []
    others: list[Letter] = []
    seen: set[str] = set()
    for mail, incoming in plain:
        assert incoming.sender is not None
        names = {incoming.sender.value, *(f"<{name}>" for name in incoming.ids)}
        (first if seen.isdisjoint(names) else others).append((mail, incoming))
        seen |= names
    return first, others


async def _note(session: AsyncSession, read: Sequence[tuple[UUID, UUID]]) -> None:
    """Note which message each mail became."""
    if read:
        ids, messages = zip(*read, strict=True)
        await session.execute(NOTE, {"ids": list(ids), "messages": list(messages), "at": now()})
