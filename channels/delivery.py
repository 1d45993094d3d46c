"""Delivery, the one road out: claim a batch, hand it over, record what became of it.

A batch is marked `sending` in a transaction of its own before anything is submitted, and recorded in the same
transaction that claims the next one, so a crash leaves no more unknown than a lane has room for.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from channels import copies, obstacles
from channels.announcements import LIGHT, MESSAGE, announce
from channels.base import Outcome, Submission
from channels.jobs import Deliver, DeliverBulk, DeliverCopy
from channels.models import MessageStatus
from channels.submissions import LETTER, complete
from channels.tries import MAX_TRIES, MAX_UNKNOWN, pause, tries_of
from core import metrics
from core.clock import now
from core.jobs import enqueue
from core.leases import Lease
from customers.consent import Recipient, Verdict, may_contact_all, suppress
from customers.models import SuppressionScope

NO_ROOM = timedelta(seconds=1)
OPTED_OUT = "opted out at the provider"

# A message as WAITING finds it.
Row = RowMapping

_LIGHT = ", ".join(f"message.{column.key}" for column in LIGHT if column.key not in ("recipients", "headers"))
# By the database's clock, which decides when a job is due, too. Nobody's lock is passed over: a message
# that is left out here would wait for ever. What stands before it, if anything does, is told with it.
WAITING = text(f"""
SELECT {LETTER}, message.purpose, message.topic, message.created_at, message.release_at,
    o.kind AS stopped_by, o.name AS stopped_at, o.until AS stopped_until, o.since AS stopped_since,
    o.reason AS stopped_why
FROM message {obstacles.BEFORE.format(address="message.recipients -> 'to' ->> 0")}
WHERE message.id = ANY(cast(:ids AS uuid[]))
  AND (status = 'queued' OR status IN ('held', 'unknown') AND release_at IS NOT NULL)
ORDER BY message.id
FOR UPDATE OF message
""")  # noqa: S608 - only parts of our own are put in; values are bound
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
        cast(:external_ids AS text[]), cast(:releases AS timestamptz[]), cast(:attempts AS text[])
    ) AS said (id, status, reason, external_id, release_at, attempt)
), tried AS (
    UPDATE delivery_attempt SET outcome = said.attempt, detail = said.reason, ended_at = :moment
    FROM said
    WHERE delivery_attempt.message_id = said.id AND job_id = :job_id AND job_attempt = :job_attempt
      AND outcome = 'sending'
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
""")  # noqa: S608 - only names and parts of our own are put in; values are bound


async def put_off(session: AsyncSession, job: Deliver | DeliverCopy) -> None:
    """Promise a job again, a second from now, by the database's clock."""
    moment = (await session.scalars(select(func.clock_timestamp()))).one()
    await enqueue(session, job, due_at=moment + NO_ROOM)


async def claim(session: AsyncSession, job: Deliver, lease: Lease, ids: Sequence[UUID]) -> list[Submission]:
    """Mark those of `ids` that are due and allowed as `sending` and return them, complete.

    The gate is asked here, after the rows are locked: what may not be sent fails or is held with the reason.
    What is due later is promised again for then, and so is what an obstacle stands before.
    """
    result = await session.execute(WAITING, {"ids": list(ids)})
    rows: list[Row] = []
    early: dict[datetime, list[UUID]] = defaultdict(list)
    blocked: list[tuple[Row, datetime]] = []
    first: dict[tuple[str, str], int] = defaultdict(int)
    for row in result.mappings():
        if row["release_at"] is not None and row["release_at"] > row["moment"]:
            early[row["release_at"]].append(row["id"])
        elif row["stopped_by"] is None:
            rows.append(row)
        elif row["stopped_until"] > row["moment"]:
            blocked.append((row, row["stopped_until"]))
        else:
            name = row["stopped_by"], row["stopped_at"]
            first[name] += 1
            if first[name] <= obstacles.FIRST:
                rows.append(row)
            else:
                blocked.append((row, row["moment"] + obstacles.FOLLOW))
    for release_at, waiting in early.items():
        await enqueue(session, type(job)(job.channel, waiting), due_at=release_at)
    await _hold(session, job, blocked)
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
            "moment": rows[0]["moment"],
        },
    )
    return await copies.ask(session, await complete(session, rows), [row["customer_id"] for row in rows])


async def _ask(session: AsyncSession, rows: list[Row]) -> list[Verdict]:
    """The gate's verdict on each row."""
    groups: dict[tuple[Any, str], list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        groups[row["purpose"], row["topic"]].append(i)
    verdicts: dict[int, Verdict] = {}
    for (purpose, topic), places in groups.items():
        asked = [Recipient(rows[i]["customer_id"], rows[i]["channel"], rows[i]["addressee"]) for i in places]
        answers = await may_contact_all(session, asked, purpose, topic)
        verdicts.update(zip(places, answers, strict=True))
    return [verdicts[i] for i in range(len(rows))]


async def _stop(session: AsyncSession, job: Deliver, stopped: list[tuple[Row, Verdict]]) -> None:
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
        metrics.count(session, metrics.MESSAGES, job.channel, str(status))
        if held:
            await enqueue(session, type(job)(job.channel, [row["id"]]), due_at=verdict.retry_at)
    await announce(session, changed)


async def _hold(session: AsyncSession, job: Deliver, blocked: list[tuple[Row, datetime]]) -> None:
    """Have messages wait for what stands before them, without a try; the old ones of a dead domain fail."""
    lots: dict[tuple[MessageStatus, str, datetime | None], list[UUID]] = defaultdict(list)
    for row, until in blocked:
        oldest = row["moment"] - obstacles.PATIENCE
        if row["stopped_by"] == "domain" and row["created_at"] < oldest and row["stopped_since"] < oldest:
            given_up = f"Given up after {obstacles.PATIENCE.days} days. {row['stopped_why']}"
            lots[MessageStatus.FAILED, given_up, None].append(row["id"])
        else:
            lots[_waiting(job), row["stopped_why"], until].append(row["id"])
    changed: list[RowMapping] = []
    for (status, reason, release_at), ids in lots.items():
        changed += (
            await session.execute(
                update(MESSAGE)
                .where(MESSAGE.c.id.in_(ids))
                .values(status=str(status), reason=reason, release_at=release_at)
                .returning(*LIGHT)
            )
        ).mappings()
        metrics.count(session, metrics.MESSAGES, job.channel, str(status), by=len(ids))
        if release_at is not None:
            await enqueue(session, type(job)(job.channel, ids), due_at=release_at)
    await announce(session, changed)


def _waiting(job: Deliver) -> MessageStatus:
    """How it is called what an obstacle stands before.

    Marketing is held, so that a campaign does not count it among those that are about to leave. An answer stays
    queued: whoever it is for may read it on the site meanwhile.
    """
    return MessageStatus.HELD if isinstance(job, DeliverBulk) else MessageStatus.QUEUED


async def record(
    session: AsyncSession,
    job: Deliver,
    lease: Lease,
    outcomes: Sequence[tuple[Submission, Outcome]],
    *,
    repeatable: bool,
) -> None:
    """Write down what became of a batch: status, attempt, timeline, obstacles, and when to try again."""
    if not outcomes:
        return
    moment = now()
    until = await obstacles.learn(session, job.channel, outcomes)
    later = [each.message_id for each, said in outcomes if said.became == "later"]
    # What an obstacle stopped on the road was no try of the message.
    tries = await tries_of(session, later, "sending", "queued", "unknown")
    unclear = [each.message_id for each, said in outcomes if said.became == "unknown"]
    # The present attempt stands as `sending` still.
    lost = await tries_of(session, unclear, "unknown", "sending")
    promised: dict[datetime, list[UUID]] = defaultdict(list)
    statuses: list[str] = []
    attempts: list[str] = []
    reasons: list[str] = []
    releases: list[datetime | None] = []
    for submission, outcome in outcomes:
        message_id, wait, reason = submission.message_id, None, outcome.reason
        release_at: datetime | None = None
        stopped, hindrance = False, outcome.hindrance
        if hindrance is not None:
            release_at = until[hindrance.kind, hindrance.name]
            stopped = hindrance.kind != "domain"
        match outcome.became:
            case "accepted":
                status = MessageStatus.SENT
                if outcome.missed or submission.closed:
                    again = repeatable and not isinstance(job, DeliverBulk)
                    reason = await copies.miss(session, submission, outcome, job.channel, again=again)
            case "refused":
                status = MessageStatus.FAILED
            case "unknown":
                status = MessageStatus.UNKNOWN
                if repeatable and not isinstance(job, DeliverBulk):
                    if lost[message_id] < MAX_UNKNOWN:
                        wait = pause(lost[message_id])
                    else:
                        reason = f"Not sent again after {MAX_UNKNOWN} tries without an answer. {reason}"
            case "later" if stopped:
                status = _waiting(job)
            case "later" if tries[message_id] >= MAX_TRIES:
                status, reason, release_at = (
                    MessageStatus.FAILED,
                    f"Given up after {MAX_TRIES} tries. {reason}",
                    None,
                )
            case _:
                status = MessageStatus.QUEUED if hindrance is None else _waiting(job)
                wait = pause(tries[message_id])
        if outcome.opted_out:
            await suppress(
                session,
                job.channel,
                submission.to[0],
                reason=OPTED_OUT,
                scope=SuppressionScope.MARKETING,
            )
        if wait is not None:
            release_at = max(release_at or moment, moment + wait)
        if release_at is not None:
            promised[release_at].append(message_id)
        statuses.append(str(status))
        tried = MessageStatus.QUEUED if status == MessageStatus.HELD else status
        attempts.append("stopped" if stopped else str(tried))
        metrics.count(session, metrics.MESSAGES, job.channel, str(status))
        reasons.append(reason)
        releases.append(release_at)
    for due_at, ids in promised.items():
        await enqueue(session, type(job)(job.channel, ids), due_at=due_at)
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
            "attempts": attempts,
            "moment": moment,
            "job_id": lease.job_id,
            "job_attempt": lease.attempt,
        },
    )
    await announce(session, list(rows.mappings()))
