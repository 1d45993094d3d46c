"""Copies: who was to get a message that went out, and did not. Each is tried again by itself.

How they stand is told with the message, in the thread.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from channels import obstacles
from channels.base import Outcome, Submission, refused
from channels.jobs import DeliverCopy
from channels.models import MissedCopy, table
from channels.submissions import LETTER, complete
from channels.tries import MAX_TRIES, MAX_UNKNOWN, pause
from core.clock import now
from core.jobs import enqueue
from core.nudges import nudge
from customers.consent import Recipient, may_contact, may_contact_all

WAITING = text(f"""
SELECT {LETTER}, missed.created_at AS since, o.kind AS stopped_by, o.until AS stopped_until, o.reason AS stopped_why
FROM missed_copy AS missed JOIN message ON message.id = missed.message_id
{obstacles.BEFORE.format(address="missed.address")}
WHERE missed.message_id = :message_id AND missed.address = :address AND missed.release_at <= now()
FOR UPDATE OF missed
""")  # noqa: S608 - only parts of our own are put in; values are bound
ALONE = text("SELECT id FROM message WHERE id = :id FOR NO KEY UPDATE")
TELL = text("""
UPDATE message SET reason = :reason WHERE id = :id AND status IN ('sent', 'delivered')
RETURNING conversation_id, seq
""")


async def miss(
    session: AsyncSession, submission: Submission, outcome: Outcome, channel: str, *, again: bool
) -> str:
    """Write down who did not get a copy with the others, and promise another try where there may be one.

    What to tell of it. Unless `again`, nobody is tried again.
    """
    moment = now()
    rows = []
    closed = [(address, refused(why)) for address, why in submission.closed]
    for address, became in [*outcome.missed, *closed]:
        later = again and became.became == "later"
        release_at = moment + _wait(became, 1) if later else None
        rows.append(MissedCopy(message_id=submission.message_id, address=address, release_at=release_at))
        rows[-1].reason = _why(became)
        if release_at is not None:
            await enqueue(session, DeliverCopy(channel, submission.message_id, address), due_at=release_at)
    session.add_all(rows)
    await session.flush()
    return told(rows)


async def ask(
    session: AsyncSession, submissions: Sequence[Submission], customers: Sequence[UUID]
) -> list[Submission]:
    """The gate, for those in copy: whoever may not be written to gets none, and the message goes out all the same."""
    asked = [
        (place, address)
        for place, submission in enumerate(submissions)
        for address in dict.fromkeys((*submission.cc, *submission.bcc))
    ]
    said = list(submissions)
    recipients = [Recipient(customers[place], "email", address) for place, address in asked]
    verdicts = await may_contact_all(session, recipients, "transactional")
    for (place, address), verdict in zip(asked, verdicts, strict=True):
        if not verdict.allowed:
            said[place] = replace(said[place], closed=(*said[place].closed, (address, verdict.reason)))
    return said


async def claim(session: AsyncSession, job: DeliverCopy) -> Submission | None:
    """The message for the one who is to get a copy, its try counted; None when there is nothing to do now.

    The gate is asked here. Who may not be written to gets none; what an obstacle stands before is promised anew.
    """
    found = await session.execute(WAITING, {"message_id": job.message_id, "address": job.address})
    row = found.mappings().first()
    if row is None:
        return None
    copy = await session.get_one(MissedCopy, (job.message_id, job.address))
    moment = row["moment"]
    verdict = await may_contact(
        session, Recipient(row["customer_id"], job.channel, job.address), "transactional"
    )
    if not verdict.allowed:
        await _give_up(session, copy, verdict.reason)
    elif copy.tries >= MAX_TRIES or copy.created_at < moment - obstacles.PATIENCE:
        # It came to no end that could be recorded, or its domain takes nothing.
        await _give_up(session, copy, f"given up. {copy.reason}")
    elif row["stopped_by"] is not None and row["stopped_until"] > moment:
        copy.reason, copy.release_at = row["stopped_why"], row["stopped_until"]
        await _go_on(session, job, copy)
    else:
        copy.tries += 1
        await session.flush()
        [submission] = await complete(session, [row])
        return replace(submission, only=job.address)
    return None


async def record(session: AsyncSession, job: DeliverCopy, submission: Submission, outcome: Outcome) -> None:
    """Write down what became of a try, and when there will be another."""
    await obstacles.learn(session, job.channel, [(submission, outcome)])
    copy = await session.get(MissedCopy, (job.message_id, job.address), with_for_update=True)
    if copy is None:
        return
    tries, copy.reason = copy.tries, _why(outcome)
    if outcome.became == "accepted":
        await session.delete(copy)
        await _tell(session, job.message_id)
    elif outcome.became == "refused":
        await _give_up(session, copy, copy.reason)
    elif tries >= (MAX_UNKNOWN if outcome.became == "unknown" else MAX_TRIES):
        await _give_up(session, copy, f"given up after {tries} tries. {copy.reason}")
    else:
        if outcome.hindrance is not None and outcome.hindrance.kind != "domain":
            copy.tries -= 1  # that was none of theirs
        copy.release_at = now() + _wait(outcome, tries)
        await _go_on(session, job, copy)


async def come_back(session: AsyncSession, message_id: UUID, address: str, reason: str) -> None:
    """Write down that a copy came back after its mail system had taken it; `reason` is told."""
    new = insert(table(MissedCopy)).values(message_id=message_id, address=address, reason=reason)
    await session.execute(new.on_conflict_do_nothing())
    copy = await session.get_one(MissedCopy, (message_id, address), with_for_update=True)
    await _give_up(session, copy, reason)


async def give_up(session: AsyncSession, message_id: UUID, address: str, reason: str) -> None:
    """Try no more; `reason` is told."""
    copy = await session.get(MissedCopy, (message_id, address), with_for_update=True)
    if copy is not None:
        await _give_up(session, copy, reason)


def told(missed: Sequence[MissedCopy]) -> str:
    """Who did not get it, and why, in words for the thread."""
    return " ".join(
        f"Not delivered to {each.address}, because: {each.reason}"
        + (" (It will be tried again.)" if each.release_at is not None else "")
        for each in sorted(missed, key=lambda each: each.address)
    )


def _why(outcome: Outcome) -> str:
    return outcome.reason.removeprefix("RCPT: ")


def _wait(outcome: Outcome, tries: int) -> timedelta:
    """How long until the next try. What the obstacle adds to that, claiming finds out."""
    told = outcome.hindrance.pause if outcome.hindrance is not None else None
    return max(pause(tries), told or timedelta())


async def _give_up(session: AsyncSession, copy: MissedCopy, reason: str) -> None:
    copy.reason, copy.release_at = reason, None
    await _tell(session, copy.message_id)


async def _go_on(session: AsyncSession, job: DeliverCopy, copy: MissedCopy) -> None:
    await enqueue(session, job, due_at=copy.release_at)
    await _tell(session, copy.message_id)


async def _tell(session: AsyncSession, message_id: UUID) -> None:
    """Have the message tell how its copies stand."""
    await session.flush()
    # One after another, or whoever has read first may write last.
    await session.execute(ALONE, {"id": message_id})
    missed = await session.scalars(select(MissedCopy).where(MissedCopy.message_id == message_id))
    row = (await session.execute(TELL, {"id": message_id, "reason": told(list(missed)) or None})).first()
    if row is not None and row.conversation_id is not None:
        nudge(session, f"conversation:{row.conversation_id}", str(row.seq))
