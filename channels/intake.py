"""Intake: messages that came in are written down, each in its thread: one or many, in as many statements."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value
from uuid_utils.compat import uuid7

from channels import files
from channels.base import Enclosure
from channels.happenings import MessageReceived, preview
from channels.models import Conversation, MessageStatus
from core import metrics
from core.clock import now
from core.errors import NotFound
from core.nudges import nudge
from customers import timeline
from customers.identities import Contact

# Kept with a message of which we were told that its sender is forged.
REFUTED = {"Authentication-Results": "dmarc=fail"}


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A message that came in, whatever the channel. `external_id` is unique per channel and account."""

    channel: str
    account: str
    external_id: str
    sender: Contact | None
    proven: bool
    # The relay that we trust says that somebody else wrote it (DMARC failed).
    refuted: bool = False
    sender_name: str = ""
    sender_address: str = ""
    subject: str = ""
    text: str = ""
    html: str | None = None
    recipients: dict[str, list[str]] = field(default_factory=dict)
    files: Sequence[Enclosure] = ()
    automated: bool = False
    written_at: datetime | None = None
    # Where it stands on the timeline, when that is not now: of an old mailbox that is let in.
    happened_at: datetime | None = None
    rfc_message_id: str = ""
    references: Sequence[str] = ()
    # Threads that a signed reply address names.
    named: Sequence[UUID] = ()
    # The thread itself, when the channel knows it (a chat).
    conversation: Conversation | None = None
    # Let it open a thread of its own, whatever it names.
    alone: bool = False
    # The kept mail that is noted as read with it; None where its reader does that.
    kept_as: UUID | None = None

    @property
    def ids(self) -> list[str]:
        """Every Message-ID that it names: its own first, since an answer to it may have come before it."""
        return [each for each in (self.rfc_message_id, *self.references) if each]


@dataclass(frozen=True)
class Received:
    message_id: UUID
    conversation_id: UUID
    customer_id: UUID
    seq: int
    # False when the same message had been let in before.
    new: bool = True
    # Why it deserves a second look, though it was let in.
    flag: str | None = None

    @property
    def opened(self) -> bool:
        """Whether the thread began with it."""
        return self.seq == 1


@dataclass(frozen=True)
class Place:
    """The thread that a message joins, or opens, and whose it is."""

    conversation_id: UUID
    customer_id: UUID
    opens: bool = False
    flag: str | None = None


async def write(session: AsyncSession, several: Sequence[tuple[Incoming, Place]]) -> list[Received]:
    """Write messages into their threads, in this order, on the timeline and to the open pages.

    Several may go into one thread, which the first of them opens or none. Raises NotFound for a thread that does not
    exist.
    """
    await session.flush()
    at = now()
    threads: dict[UUID, list[Incoming]] = {}
    for incoming, place in several:
        threads.setdefault(place.conversation_id, []).append(incoming)
    opened = {place.conversation_id for _, place in several if place.opens}
    joined = {thread: those for thread, those in threads.items() if thread not in opened}
    seqs = {**dict.fromkeys(opened, 0), **await _step(session, joined, at)}
    received = []
    for _, place in several:
        seqs[place.conversation_id] += 1
        received.append(
            Received(
                uuid7(),
                place.conversation_id,
                place.customer_id,
                seqs[place.conversation_id],
                flag=place.flag,
            )
        )
    written = [(incoming, one) for (incoming, _), one in zip(several, received, strict=True)]
    await session.execute(
        WRITE, {**_columns(written), **_ids(written), **_opened(several, threads), **_read(written), "at": at}
    )
    await files.attach(session, [(one.message_id, file) for each, one in written for file in each.files])
    await timeline.append_many(session, [_entry(incoming, one) for incoming, one in written])
    for channel, number in Counter(incoming.channel for incoming, _ in written).items():
        metrics.count(session, metrics.MESSAGES, channel, str(MessageStatus.RECEIVED), by=number)
    for _, one in written:
        # Of many, pages need not hear one by one that something is new.
        nudge(session, "inbox", str(one.conversation_id) if len(written) == 1 else "")
        nudge(session, f"conversation:{one.conversation_id}", str(one.seq))
    return received


# Locked in one order, for others who join the same threads at the same time.
STEP = text("""
WITH joined AS MATERIALIZED (
    SELECT id FROM conversation WHERE id = ANY(cast(:ids AS uuid[])) ORDER BY id FOR UPDATE
)
UPDATE conversation c SET last_seq = c.last_seq + said.messages, last_message_at = :at,
    closed_at = CASE WHEN said.automated THEN c.closed_at END
FROM joined
JOIN unnest(cast(:ids AS uuid[]), cast(:messages AS bigint[]), cast(:automated AS boolean[]))
    AS said (id, messages, automated) ON said.id = joined.id
WHERE c.id = joined.id
RETURNING c.id, c.last_seq, c.last_message_at, c.closed_at
""")


async def _step(
    session: AsyncSession, joined: Mapping[UUID, Sequence[Incoming]], at: datetime
) -> dict[UUID, int]:
    """The last place that was taken in each thread that is joined; those after it are taken under its row lock."""
    if not joined:
        return {}
    columns = {
        "ids": list(joined),
        "messages": [len(those) for those in joined.values()],
        # A person reopens a thread.
        "automated": [all(each.automated for each in those) for those in joined.values()],
    }
    rows = {row.id: row for row in await session.execute(STEP, {**columns, "at": at})}
    if rows.keys() != joined.keys():
        raise NotFound("That conversation does not exist.")
    for row in rows.values():
        # Whoever has the thread in hand sees it, too.
        held = session.sync_session.identity_map.get(
            inspect(Conversation).identity_key_from_primary_key((row.id,))
        )
        if held is not None:
            for name in ("last_seq", "last_message_at", "closed_at"):
                set_committed_value(held, name, getattr(row, name))
    return {row.id: row.last_seq - len(joined[row.id]) for row in rows.values()}


# The threads that begin, what messages say, of which mails they were read, and the Message-IDs that they name. An id
# that was waiting in this thread for the message that bears it finds it: it exists only now.
WRITE = text("""
WITH opened AS (
    INSERT INTO conversation (id, customer_id, channel, subject, account, last_seq, last_message_at)
    SELECT id, customer_id, channel, subject, account, messages, cast(:at AS timestamptz) FROM unnest(
        cast(:opened AS uuid[]), cast(:opened_customers AS uuid[]), cast(:opened_channels AS text[]),
        cast(:opened_subjects AS text[]), cast(:opened_accounts AS text[]), cast(:opened_messages AS bigint[])
    ) AS new (id, customer_id, channel, subject, account, messages)
), noted AS (
    UPDATE received_mail m SET message_id = read.message_id, processed_at = cast(:at AS timestamptz), quarantined = NULL
    FROM unnest(cast(:read_mails AS uuid[]), cast(:read_messages AS uuid[])) AS read (id, message_id)
    WHERE m.id = read.id
), written AS (
    INSERT INTO message (
        id, customer_id, conversation_id, seq, direction, channel, status, account, sender, sender_name, recipients,
        subject, text, html, author, verified, headers, automated, written_at, rfc_message_id, external_id, reason
    )
    SELECT id, customer_id, conversation_id, seq, 'inbound', channel, 'received', account, sender, sender_name,
        cast(recipients AS jsonb), subject, text, html, author, verified, cast(headers AS jsonb), automated,
        written_at, rfc_message_id, external_id, reason
    FROM unnest(
        cast(:id AS uuid[]), cast(:customer_id AS uuid[]), cast(:conversation_id AS uuid[]), cast(:seq AS bigint[]),
        cast(:channel AS text[]), cast(:account AS text[]), cast(:sender AS text[]), cast(:sender_name AS text[]),
        cast(:recipients AS text[]), cast(:subject AS text[]), cast(:text AS text[]), cast(:html AS text[]),
        cast(:author AS text[]), cast(:verified AS boolean[]), cast(:headers AS text[]),
        cast(:automated AS boolean[]), cast(:written_at AS timestamptz[]), cast(:rfc_message_id AS text[]),
        cast(:external_id AS text[]), cast(:reason AS text[])
    ) AS new (
        id, customer_id, conversation_id, seq, channel, account, sender, sender_name, recipients, subject, text,
        html, author, verified, headers, automated, written_at, rfc_message_id, external_id, reason
    )
)
INSERT INTO message_reference (rfc_message_id, conversation_id, message_id)
SELECT name, conversation_id, message_id FROM unnest(
    cast(:names AS text[]), cast(:conversations AS uuid[]), cast(:messages AS uuid[])
) AS named (name, conversation_id, message_id) ORDER BY name
ON CONFLICT (rfc_message_id) DO UPDATE SET message_id = excluded.message_id
WHERE excluded.message_id IS NOT NULL AND message_reference.message_id IS NULL
    AND message_reference.conversation_id = excluded.conversation_id
""")


def _opened(
    several: Sequence[tuple[Incoming, Place]], threads: Mapping[UUID, Sequence[Incoming]]
) -> dict[str, list[Any]]:
    """The threads that begin with one of these messages, each with how many of them."""
    new = [(incoming, place) for incoming, place in several if place.opens]
    return {
        "opened": [place.conversation_id for _, place in new],
        "opened_customers": [place.customer_id for _, place in new],
        "opened_channels": [incoming.channel for incoming, _ in new],
        "opened_subjects": [incoming.subject for incoming, _ in new],
        "opened_accounts": [incoming.account for incoming, _ in new],
        "opened_messages": [len(threads[place.conversation_id]) for _, place in new],
    }


def _read(written: Sequence[tuple[Incoming, Received]]) -> dict[str, list[Any]]:
    """The kept mails that these messages were read from."""
    read = [(incoming.kept_as, one.message_id) for incoming, one in written if incoming.kept_as is not None]
    return {"read_mails": [mail for mail, _ in read], "read_messages": [message for _, message in read]}


def _columns(written: Sequence[tuple[Incoming, Received]]) -> dict[str, list[Any]]:
    return {
        "id": [one.message_id for _, one in written],
        "customer_id": [one.customer_id for _, one in written],
        "conversation_id": [one.conversation_id for _, one in written],
        "seq": [one.seq for _, one in written],
        "channel": [each.channel for each, _ in written],
        "account": [each.account for each, _ in written],
        "sender": [each.sender_address or (each.sender.value if each.sender else "") for each, _ in written],
        "sender_name": [each.sender_name for each, _ in written],
        "recipients": [
            json.dumps(each.recipients or {"to": [each.account], "cc": []}) for each, _ in written
        ],
        "subject": [each.subject for each, _ in written],
        "text": [each.text for each, _ in written],
        "html": [each.html for each, _ in written],
        "author": ["automation" if each.automated else "customer" for each, _ in written],
        "verified": [each.proven for each, _ in written],
        "headers": [json.dumps(REFUTED if each.refuted and not each.proven else {}) for each, _ in written],
        "automated": [each.automated for each, _ in written],
        "written_at": [each.written_at for each, _ in written],
        "rfc_message_id": [each.rfc_message_id or None for each, _ in written],
        "external_id": [each.external_id for each, _ in written],
        "reason": [one.flag for _, one in written],
    }


def _ids(written: Sequence[tuple[Incoming, Received]]) -> dict[str, list[Any]]:
    """Every Message-ID that mails name, in which thread, and whose it is."""
    named: dict[str, tuple[UUID, UUID | None]] = {}
    for incoming, one in written:
        if incoming.channel != "email":
            continue
        for name in incoming.ids:
            named.setdefault(name, (one.conversation_id, None))
        own = incoming.rfc_message_id
        if own and not one.flag and named[own] == (one.conversation_id, None):
            named[own] = (one.conversation_id, one.message_id)
    return {
        "names": list(named),
        "conversations": [conversation_id for conversation_id, _ in named.values()],
        "messages": [message_id for _, message_id in named.values()],
    }


def _entry(incoming: Incoming, one: Received) -> timeline.Entry:
    return timeline.Entry(
        one.customer_id,
        MessageReceived(
            message_id=str(one.message_id),
            channel=incoming.channel,
            subject=incoming.subject,
            preview=preview(incoming.text),
            automated=incoming.automated,
            conversation_id=str(one.conversation_id),
        ),
        source_key=f"message:{one.message_id}",
        subject_id=one.conversation_id,
        occurred_at=incoming.happened_at,
    )
