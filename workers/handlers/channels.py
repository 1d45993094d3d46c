"""Jobs of channels: sending what is queued, reading what came in."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from channels import calls, copies, delivery, files, recovery, reservations
from channels.adapters.email import batches
from channels.adapters.email.batches import ReadInTurn, ReadMails, read_mails
from channels.adapters.email.reading import CheckMail, ReadMail, read_mail
from channels.base import Channel, Outcome, Submission
from channels.jobs import (
    Abandon,
    CallEndpoint,
    Deliver,
    DeliverBulk,
    DeliverCopy,
    ForgetCalls,
    RemoveForsaken,
    ReplayCalls,
    SeeToFile,
    SweepFiles,
)
from core.clock import now
from core.errors import TransientError
from core.jobs import Job, enqueue
from core.settings import settings
from core.webhooks import ReceivedWebhook
from workers.handlers.core import READERS
from workers.runner import Run, outside, transactional

log = structlog.get_logger()

CHECKING = 6
_checking = asyncio.Semaphore(CHECKING)


@outside(Deliver)
async def deliver(run: Run, job: Deliver) -> None:
    """Send a job's messages, a lane's worth at a time; recording one batch claims the next."""
    channel = run.resources.channels.channel(job.channel)
    lane = run.resources.channels.lane(job.channel, job.queue)
    waiting = list(job.message_ids)
    done: list[tuple[Submission, Outcome]] = []
    async with lane.take() as room:
        if not room:
            async with run.final() as session:
                await recovery.recover(session, job, run.lease, repeatable=channel.repeatable)
                await delivery.put_off(session, job)
            return
        while waiting:
            async with run.transaction() as session:
                if len(waiting) == len(job.message_ids):
                    await recovery.recover(session, job, run.lease, repeatable=channel.repeatable)
                await delivery.record(session, job, run.lease, done, repeatable=channel.repeatable)
                batch = await delivery.claim(session, job, run.lease, waiting[:room])
            del waiting[:room]
            outcomes = await asyncio.gather(*(_submit(run, channel, submission) for submission in batch))
            done = list(zip(batch, outcomes, strict=True))
        async with run.final() as session:
            await delivery.record(session, job, run.lease, done, repeatable=channel.repeatable)


outside(DeliverBulk)(deliver)


@outside(DeliverCopy)
async def deliver_copy(run: Run, job: DeliverCopy) -> None:
    """Try once more to get a message to one who was to have a copy of it."""
    channel = run.resources.channels.channel(job.channel)
    async with run.resources.channels.lane(job.channel, job.queue).take(1) as room:
        if not room:
            async with run.final() as session:
                await delivery.put_off(session, job)
            return
        async with run.transaction() as session:
            submission = await copies.claim(session, job)
        if submission is None:
            return
        outcome = await _submit(run, channel, submission)
        async with run.final() as session:
            await copies.record(session, job, submission, outcome)


async def _submit(run: Run, channel: Channel, submission: Submission) -> Outcome:
    if submission.files:
        found = await files.enclosed(submission, run.resources.storage, run.resources.settings)
        if isinstance(found, Outcome):
            return found
        submission = found
    return await channel.submit(submission)


@outside(SeeToFile)
async def see_to_file(run: Run, job: SeeToFile) -> None:
    """Ask the scanner, carry the bytes to the storage, and write down both."""
    storage, told = run.resources.storage, run.resources.settings
    async with run.transaction() as session:
        task = await files.unseen(session, job.sha256, told)
    if task is None:
        return
    seen = await files.see_to(task, storage, told.clamd)
    async with run.final() as session:
        await files.record(session, seen)


@transactional(SweepFiles)
async def sweep_files(session: AsyncSession, job: SweepFiles) -> None:
    await files.sweep(session, settings())


@outside(RemoveForsaken)
async def remove_forsaken(run: Run, job: RemoveForsaken) -> None:
    storage = run.resources.storage
    if storage is None:
        return
    async with run.transaction() as session:
        names = await reservations.forsake(session)
    for name in names:
        await storage.remove(name)
    async with run.final() as session:
        await reservations.forget(session, names)


@transactional(Abandon)
async def abandon(session: AsyncSession, job: Abandon) -> None:
    if job.address:
        await copies.give_up(session, job.message_ids[0], job.address, job.reason)
    else:
        await recovery.abandon(session, job.message_ids, job.reason)


@outside(CallEndpoint)
async def call_endpoint(run: Run, job: CallEndpoint) -> None:
    """Tell an endpoint one thing; what is not taken is tried again by this job, with ever longer pauses."""
    sender = run.resources.webhooks
    async with run.transaction() as session:
        call = await calls.claim(session, job)
    if call is None:
        return
    with sender.room(call) as free:
        if not free:
            async with run.final() as session:
                await calls.put_off(session, job)
            return
        answer = await sender.send(call)
    if answer.taken:
        async with run.final() as session:
            await calls.record(session, job, answer)
        return
    async with run.transaction() as session:
        again = await calls.record(session, job, answer)
    if again:
        raise TransientError(answer.error or f"The endpoint answered {answer.status}.")


@transactional(ReplayCalls)
async def replay_calls(session: AsyncSession, job: ReplayCalls) -> None:
    await calls.replay_some(session, job)


@transactional(ForgetCalls)
async def forget_calls(session: AsyncSession, job: ForgetCalls) -> None:
    await calls.forget_old(session)


async def read_twilio(session: AsyncSession, webhook: ReceivedWebhook) -> None:
    """A text from a phone, or a report on one of ours."""
    # Only here: its library takes seconds to import.
    from channels.adapters import sms

    await sms.process(session, webhook.external_id, webhook.body)


READERS["twilio"] = read_twilio


def _at_once(jobs: list[ReadMail]) -> list[Job]:
    """What is read on a colleague's word goes by itself."""
    together = [job.received_mail_id for job in jobs if not job.alone]
    decided: list[Job] = [job for job in jobs if job.alone]
    return [*([ReadMails(together)] if together else ()), *decided]


@transactional(ReadMail, together=_at_once)
async def read(session: AsyncSession, job: ReadMail) -> None:
    """The short way for what is plain; what goes wrong there is found out, and told, by the careful one."""
    if not job.alone:
        try:
            async with session.begin_nested():
                await read_mails(session, [job.received_mail_id], settings())
            return
        except (TransientError, OperationalError, InterfaceError, OSError):
            raise
        except Exception:
            log.info("mail is read with care", received_mail_id=str(job.received_mail_id), exc_info=True)
    await read_mail(session, job, settings())


@outside(CheckMail)
async def check_mail(run: Run, job: CheckMail) -> None:
    """Find out who signed a mail; a name server that is slow keeps no more than CHECKING of the hands waiting."""
    from channels.adapters.email import checking

    if _checking.locked():
        async with run.final() as session:
            await enqueue(session, job, due_at=now() + timedelta(seconds=1))
        return
    async with _checking:
        async with run.transaction() as session:
            mail = await checking.waiting(session, job.received_mail_id)
        found = await checking.find_out(mail[0], settings(), run.resources.names, mail[1]) if mail else ""
        async with run.final() as session:
            await checking.note(session, job, found)


@transactional(ReadMails)
async def read_several(session: AsyncSession, job: ReadMails) -> None:
    await read_mails(session, job.received_mail_ids, settings())


@transactional(ReadInTurn)
async def read_in_turn(session: AsyncSession, job: ReadInTurn) -> None:
    await batches.read_in_turn(session, job, settings())
