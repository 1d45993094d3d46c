"""Delivery, the one road out: claim a batch, hand it over, record what became of it.

A batch is marked `sending` in a transaction of its own before anything is submitted, and recorded in the same
transaction that claims the next one, so a crash leaves no more than one batch unknown.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, case, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from channels.base import Enclosure, Outcome, Submission
from channels.happenings import MessageFailed
from channels.models import Attachment, Blob, DeliveryAttempt, Message, MessageStatus, table
from channels.outbox import Deliver, DeliverBulk, sent
from core.clock import now
from core.jobs import enqueue
from core.leases import Lease
from core.nudges import nudge
from customers.consent import Recipient, Verdict, may_contact_all, suppress
from customers.models import SuppressionScope
from customers.timeline import Entry, append_many

MAX_TRIES = 12
AFTER_UNKNOWN = timedelta(seconds=15)
STOPPED = "The process stopped while it was being sent."

MESSAGE = table(Message)
# All but the bodies of a letter, which only sending needs.
LIGHT = [column for column in MESSAGE.c if column.key != "html"]
_LIGHT = ", ".join(f"message.{column.key}" for column in LIGHT)
DUE = text(f"""
SELECT {", ".join(column.key for column in MESSAGE.c)} FROM message
WHERE id = ANY(cast(:ids AS uuid[]))
  AND (status = 'queued' AND coalesce(release_at <= :moment, true)
       OR status IN ('held', 'unknown') AND release_at <= :moment)
ORDER BY id
FOR UPDATE SKIP LOCKED
""").columns(*MESSAGE.c)  # noqa: S608
CLAIM = text("""
WITH claimed AS (
    UPDATE message SET status = 'sending' WHERE id = ANY(cast(:ids AS uuid[]))
)
INSERT INTO delivery_attempt (id, message_id, job_id, job_attempt, started_at, outcome)
SELECT id, message_id, :job_id, :job_attempt, :moment, 'sending'
FROM unnest(cast(:attempts AS uuid[]), cast(:ids AS uuid[])) AS new (id, message_id)
""")
# A report of the provider may have been faster than we: a message never goes back from delivered to sent.
RECORD = text(f"""
WITH said AS (
    SELECT * FROM unnest(
        cast(:ids AS uuid[]), cast(:statuses AS text[]), cast(:reasons AS text[]),
        cast(:external_ids AS text[]), cast(:releases AS timestamptz[])
    ) AS said (id, status, reason, external_id, release_at)
), tried AS (
    UPDATE delivery_attempt SET outcome = said.status, detail = said.reason, ended_at = :moment
    FROM said
    WHERE delivery_attempt.message_id = said.id AND job_id = :job_id AND job_attempt = :job_attempt
)
UPDATE message SET
    status = CASE WHEN message.status IN ('sending', 'unknown', 'queued') THEN said.status
                  ELSE message.status END,
    reason = nullif(said.reason, ''),
    external_id = coalesce(message.external_id, said.external_id),
    release_at = said.release_at,
    sent_at = CASE WHEN said.status = 'sent' THEN :moment ELSE message.sent_at END
FROM said
WHERE message.id = said.id
RETURNING {_LIGHT}
""").columns(*LIGHT)  # noqa: S608

Recorded = Callable[[AsyncSession, Sequence[RowMapping]], Awaitable[None]]
_recorded: dict[str, Recorded] = {}


def on_recorded(source_kind: str, callback: Recorded) -> None:
    """Have `callback(session, rows)` called in the transaction that records what became of these messages.

    `rows` map the columns of Message (not `html`) as they stand then: status sent, failed, held, unknown, or
    queued to be tried again. Whoever registers also puts on the timeline what belongs there.
    """
    _recorded[source_kind] = callback


async def recover(session: AsyncSession, job: Deliver, lease: Lease, *, repeatable: bool) -> None:
    """Settle what an earlier attempt at this job left as `sending`: nobody knows whether it went out.

    All of it becomes `unknown`. Transactional messages of a channel that can repeat are due again, under
    their Message-ID; marketing never is.
    """
    left = list(
        await session.scalars(
            update(DeliveryAttempt)
            .where(
                DeliveryAttempt.message_id.in_(job.message_ids),
                DeliveryAttempt.job_id == lease.job_id,
                DeliveryAttempt.job_attempt < lease.attempt,
                DeliveryAttempt.outcome == "sending",
            )
            .values(outcome="unknown", ended_at=now(), detail=STOPPED)
            .returning(DeliveryAttempt.message_id)
            .execution_options(synchronize_session=False)
        )
    )
    if not left:
        return
    again = (MESSAGE.c.purpose == "transactional") & repeatable
    rows = await session.execute(
        update(MESSAGE)
        .where(MESSAGE.c.id.in_(left), MESSAGE.c.status == MessageStatus.SENDING)
        .values(
            status=str(MessageStatus.UNKNOWN), reason=STOPPED, release_at=case((again, now()), else_=None)
        )
        .returning(*LIGHT)
    )
    await announce(session, list(rows.mappings()))


async def claim(session: AsyncSession, job: Deliver, lease: Lease, ids: Sequence[UUID]) -> list[Submission]:
    """Mark those of `ids` that are due and allowed as `sending` and return them, complete.

    The gate is asked here, after the rows are locked: what may not be sent fails or is held with the reason.
    """
    moment = now()
    result = await session.execute(DUE, {"ids": list(ids), "moment": moment})
    rows = list(result.mappings())
    if not rows:
        return []
    verdicts = await _ask(session, rows)
    stopped = [(row, verdict) for row, verdict in zip(rows, verdicts, strict=True) if not verdict.allowed]
    if stopped:
        await _stop(session, job, stopped)
        rows = [row for row, verdict in zip(rows, verdicts, strict=True) if verdict.allowed]
        if not rows:
            return []
    chosen = [row["id"] for row in rows]
    await session.execute(
        CLAIM,
        {
            "ids": chosen,
            "attempts": [uuid7() for _ in chosen],
            "job_id": lease.job_id,
            "job_attempt": lease.attempt,
            "moment": moment,
        },
    )
    return await _complete(session, rows)


async def _ask(session: AsyncSession, rows: list[RowMapping]) -> list[Verdict]:
    """The gate's verdict on each row."""
    groups: dict[tuple[Any, str], list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        groups[row["purpose"], row["topic"]].append(i)
    verdicts: dict[int, Verdict] = {}
    for (purpose, topic), places in groups.items():
        asked = [
            Recipient(rows[i]["customer_id"], rows[i]["channel"], rows[i]["recipients"]["to"][0])
            for i in places
        ]
        answers = await may_contact_all(session, asked, purpose, topic)
        verdicts.update(zip(places, answers, strict=True))
    return [verdicts[i] for i in range(len(rows))]


async def _stop(session: AsyncSession, job: Deliver, stopped: list[tuple[RowMapping, Verdict]]) -> None:
    """Record messages that the gate does not let through: held until it may be asked again, else failed."""
    changed: list[RowMapping] = []
    for row, verdict in stopped:
        held = verdict.retry_at is not None
        status = MessageStatus.HELD if held else MessageStatus.FAILED
        changed += (
            await session.execute(
                update(MESSAGE)
                .where(MESSAGE.c.id == row["id"])
                .values(status=str(status), reason=verdict.reason, release_at=verdict.retry_at)
                .returning(*LIGHT)
            )
        ).mappings()
        if held:
            await enqueue(session, type(job)(job.channel, [row["id"]]), due_at=verdict.retry_at)
    await announce(session, changed)


async def _complete(session: AsyncSession, rows: list[RowMapping]) -> list[Submission]:
    ids = [row["id"] for row in rows]
    files: dict[UUID, list[Enclosure]] = defaultdict(list)
    found = await session.execute(
        select(
            Attachment.message_id,
            Attachment.filename,
            Attachment.content_type,
            Blob.content,
            Attachment.content_id,
        )
        .join(Blob, Blob.sha256 == Attachment.sha256)
        .where(Attachment.message_id.in_(ids))
        .order_by(Attachment.id)
    )
    for message_id, filename, content_type, content, content_id in found:
        files[message_id].append(Enclosure(filename, content_type, content, content_id))
    chains = await _references(session, rows)
    return [
        Submission(
            message_id=row["id"],
            account=row["account"],
            sender_name=row["sender_name"],
            to=tuple(row["recipients"]["to"]),
            cc=tuple(row["recipients"].get("cc", ())),
            subject=row["subject"],
            text=row["text"],
            html=row["html"],
            headers=row["headers"],
            author=row["author"],
            conversation_id=row["conversation_id"],
            rfc_message_id=row["rfc_message_id"],
            references=chains.get(row["id"], ()),
            files=tuple(files.get(row["id"], ())),
        )
        for row in rows
    ]


async def _references(session: AsyncSession, rows: list[RowMapping]) -> dict[UUID, tuple[str, ...]]:
    """The Message-IDs of each message's thread before it, the one it answers last."""
    threads = {row["conversation_id"] for row in rows if row["conversation_id"] is not None}
    if not threads:
        return {}
    earlier: dict[UUID, list[tuple[int, UUID, str]]] = defaultdict(list)
    found = await session.execute(
        select(Message.conversation_id, Message.seq, Message.id, Message.rfc_message_id)
        .where(Message.conversation_id.in_(threads), Message.rfc_message_id.is_not(None))
        .order_by(Message.seq)
    )
    for conversation_id, seq, message_id, rfc_message_id in found:
        if conversation_id is not None and rfc_message_id is not None:
            earlier[conversation_id].append((seq or 0, message_id, rfc_message_id))
    chains = {}
    for row in rows:
        before = [each for each in earlier[row["conversation_id"]] if each[0] < (row["seq"] or 0)]
        before.sort(key=lambda each: (each[1] == row["in_reply_to_id"], each[0]))
        chains[row["id"]] = tuple(each[2] for each in before)
    return chains


async def record(
    session: AsyncSession,
    job: Deliver,
    lease: Lease,
    outcomes: Sequence[tuple[Submission, Outcome]],
    *,
    repeatable: bool,
) -> None:
    """Write down what became of a batch: status, attempt, timeline, and when to try again."""
    if not outcomes:
        return
    moment = now()
    tries = await _tries(session, [each.message_id for each, said in outcomes if said.became == "later"])
    again: dict[timedelta, list[UUID]] = defaultdict(list)
    statuses: list[str] = []
    reasons: list[str] = []
    releases: list[datetime | None] = []
    for submission, outcome in outcomes:
        message_id, wait, reason = submission.message_id, None, outcome.reason
        match outcome.became:
            case "accepted":
                status = MessageStatus.SENT
            case "refused":
                status = MessageStatus.FAILED
            case "unknown":
                status = MessageStatus.UNKNOWN
                if repeatable and not isinstance(job, DeliverBulk):
                    wait = AFTER_UNKNOWN
            case "later" if tries[message_id] >= MAX_TRIES:
                status, reason = MessageStatus.FAILED, f"Given up after {MAX_TRIES} tries. {reason}"
            case _:
                status, wait = MessageStatus.QUEUED, pause(tries[message_id])
        if outcome.opted_out:
            await suppress(
                session,
                job.channel,
                submission.to[0],
                reason="opted out at the provider",
                scope=SuppressionScope.MARKETING,
            )
        if wait is not None:
            again[wait].append(message_id)
        statuses.append(str(status))
        reasons.append(reason)
        releases.append(moment + wait if wait is not None else None)
    for wait, ids in again.items():
        await enqueue(session, type(job)(job.channel, ids), due_at=moment + wait)
    rows = await session.execute(
        RECORD,
        {
            "ids": [submission.message_id for submission, _ in outcomes],
            "statuses": statuses,
            "reasons": reasons,
            # What a relay says is not an id; a telephone company's is, and its reports name it.
            "external_ids": [
                None if job.channel == "email" else outcome.provider_id for _, outcome in outcomes
            ],
            "releases": releases,
            "moment": moment,
            "job_id": lease.job_id,
            "job_attempt": lease.attempt,
        },
    )
    await announce(session, list(rows.mappings()))


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries: from five seconds, threefold each time, to four hours."""
    return min(timedelta(seconds=5 * 3 ** (tries - 1)), timedelta(hours=4))


async def _tries(session: AsyncSession, ids: list[UUID]) -> dict[UUID, int]:
    if not ids:
        return {}
    rows = await session.execute(
        select(DeliveryAttempt.message_id, func.count())
        .where(DeliveryAttempt.message_id.in_(ids))
        .group_by(DeliveryAttempt.message_id)
    )
    return {message_id: tries for message_id, tries in rows}  # noqa: C416


async def announce(session: AsyncSession, rows: Sequence[RowMapping]) -> None:
    """Tell the timeline, or whoever made the messages, and the open pages."""
    owned: dict[str, list[RowMapping]] = defaultdict(list)
    entries: list[Entry] = []
    for row in rows:
        if row["source_kind"] in _recorded:
            owned[row["source_kind"]].append(row)
        elif row["status"] in (MessageStatus.SENT, MessageStatus.DELIVERED):
            entries.append(sent(row))
        elif row["status"] == MessageStatus.FAILED:
            entries.append(failed(row))
        if row["conversation_id"] is not None:
            nudge(session, f"conversation:{row['conversation_id']}", str(row["seq"]))
    await append_many(session, entries)
    for source_kind, theirs in owned.items():
        await _recorded[source_kind](session, theirs)


def failed(row: Any) -> Entry:
    """The timeline entry of a message that will not arrive; `row` maps the columns of Message."""
    return Entry(
        row["customer_id"],
        MessageFailed(
            message_id=str(row["id"]),
            channel=row["channel"],
            subject=row["subject"],
            reason=row["reason"] or "",
            author=row["author"],
            conversation_id=str(row["conversation_id"] or ""),
        ),
        source_key=f"message:{row['id']}",
        subject_id=row["conversation_id"] or row["id"],
    )
