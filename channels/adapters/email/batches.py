"""Batches: kept mails that wait together are read together, in as many statements as one would take.

In one order for everyone, so that no two batches wait for each other: mails, names, threads, what is written. What
needs a second look would begin that order anew, and is read in a transaction of its own.
"""

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
from channels.intake import Incoming, Received
from core.errors import Invalid
from core.jobs import Job, enqueue, enqueue_many
from core.locks import Realm
from core.settings import Settings


class ReadMails(Job, tag="channels.read_mails", frozen=True):
    """Read several kept mails in one transaction."""

    received_mail_ids: list[UUID]


class ReadInTurn(Job, tag="channels.read_mails_in_turn", frozen=True):
    """Read several kept mails with care, one after another, each in a transaction of its own."""

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


async def read_mails(session: AsyncSession, received_mail_ids: Sequence[UUID], settings: Settings) -> None:
    """Read several kept mails: those that are plain in the same few statements, the others soon, in their turn.

    A mail that is alone is read whatever it is. Raises whatever goes wrong with one of the plain ones; the caller
    undoes it all and reads each alone.
    """
    waiting = await _waiting(session, received_mail_ids)
    small = [(mail, mail.raw) for mail in waiting if mail.raw is not None]
    parsed = await parse_all_apart([raw for _, raw in small]) if small else []
    said = {mail.id: each for (mail, _), each in zip(small, parsed, strict=True)}
    unchecked = {mail.id for mail, _ in small if is_unchecked(mail, said[mail.id], settings)}
    await enqueue_many(session, [CheckMail(mail_id) for mail_id in sorted(unchecked)])
    waiting = [mail for mail in waiting if mail.id not in unchecked]
    if not waiting:
        return
    understood = {mail.id: _understood(mail, said.get(mail.id), settings) for mail in waiting}
    together = len(waiting) > 1
    await conversations.hold(
        session,
        [incoming for incoming in understood.values() if incoming is not None],
        {(Realm.CONTENT, mail.digest) for mail in waiting},
        together=together,
    )
    copies = Counter(mail.digest for mail in waiting)
    plain = [
        (mail, incoming)
        for mail in waiting
        if (incoming := understood[mail.id]) is not None
        and copies[mail.digest] == 1
        and not _is_report(mail, said[mail.id], settings)
    ]
    received: list[Received | None] = []
    if plain:
        received = await conversations.receive_all(
            session, [incoming for _, incoming in plain], together=together
        )
    read = {mail.id for (mail, _), one in zip(plain, received, strict=True) if one is not None}
    left = [mail for mail in waiting if mail.id not in read]
    if left and not together:
        # Nothing was written yet.
        await read_mail(session, ReadMail(left[0].id), settings, said.get(left[0].id))
        return
    for turn in _turns([(mail, understood[mail.id]) for mail in left]):
        await enqueue(session, ReadInTurn(turn))


async def read_in_turn(session: AsyncSession, job: ReadInTurn, settings: Settings) -> None:
    """Read the first of these mails, and promise the reading of the others."""
    first, *others = job.received_mail_ids
    await read_mail(session, ReadMail(first), settings)
    if others:
        await enqueue(session, ReadInTurn(others))


async def _waiting(session: AsyncSession, received_mail_ids: Sequence[UUID]) -> list[Kept]:
    rows = await session.execute(WAITING, {"ids": list(received_mail_ids), "small": SMALL})
    return [Kept(*row) for row in rows]


def _understood(mail: Kept, parsed: ParsedMail | None, settings: Settings) -> Incoming | None:
    """What a mail says, as a message; None for what stays out, and for what was not read."""
    try:
        return understand(mail, parsed, settings) if parsed is not None else None
    except Invalid:
        return None


def _is_report(mail: Kept, parsed: ParsedMail, settings: Settings) -> bool:
    return complaints.find(parsed) is not None or bounces.find(parsed, came_back(mail, settings)) is not None


def _turns(left: Sequence[tuple[Kept, Incoming | None]]) -> list[list[UUID]]:
    """The ids of these mails; those that have to do with one another together, in their order."""
    turns: list[tuple[list[UUID], set[str]]] = []
    for mail, incoming in left:
        ids, names = [mail.id], {mail.digest}
        if incoming is not None and incoming.sender is not None:
            names |= {incoming.sender.value, *(f"<{name}>" for name in incoming.ids)}
        for turn in [turn for turn in turns if not turn[1].isdisjoint(names)]:
            turns.remove(turn)
            ids, names = turn[0] + ids, turn[1] | names
        turns.append((ids, names))
    return [sorted(ids) for ids, _ in turns]
