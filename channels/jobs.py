"""What channels promise to do later: deliver, and give up what cannot be delivered."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.jobs import Job, decode, enqueue

SENT_TOGETHER = 200


class Deliver(Job, tag="channels.deliver", frozen=True):
    """Send these queued messages of one channel."""

    queue = "delivery"
    channel: str
    message_ids: list[UUID]


class DeliverBulk(Deliver, tag="channels.deliver_bulk", frozen=True):
    """The same for marketing, on a lane of its own so that receipts and answers never wait behind it."""

    queue = "bulk"


class DeliverCopy(Job, tag="channels.deliver_copy", frozen=True):
    """Send a message that went out to one who was to get a copy, and did not then."""

    queue = "delivery"
    channel: str
    message_id: UUID
    address: str


class CallEndpoint(Job, tag="channels.call_endpoint", frozen=True):
    """Tell an endpoint one thing; `waits` is how often there was no room to.

    On a queue of its own: neither a receiver that hangs nor a broadcast's worth of entries may keep others waiting.
    """

    queue = "calls"
    delivery_id: UUID
    round: int = 1
    waits: int = 0


class ReplayCalls(Job, tag="channels.replay_calls", frozen=True):
    """Go on with a replay: what an endpoint did not take of what was promised from `since`, and wanted, before then."""

    endpoint_id: UUID
    since: datetime | None
    before: datetime


class ForgetCalls(Job, tag="channels.forget_calls", frozen=True):
    """Delete what the log of endpoints has kept long enough."""


class SeeToFile(Job, tag="channels.see_to_file", frozen=True):
    """Have a file checked for viruses, and carry it out of the database, where that is wanted.

    On the queue of the other calls to programs that are not ours.
    """

    queue = "calls"
    sha256: str


class SweepFiles(Job, tag="channels.sweep_files", frozen=True):
    """Promise what is still to be done for files."""


class RemoveForsaken(Job, tag="channels.remove_forsaken", frozen=True):
    """Remove from the storage what no row has named for a day."""

    queue = "calls"


DELIVERIES = ("channels.deliver", "channels.deliver_bulk")


class Abandon(Job, tag="channels.abandon", frozen=True):
    """Fail those of these messages that no job will send any more; the reason is shown.

    With an `address`, only its copy of the one message is given up.
    """

    message_ids: list[UUID]
    reason: str
    address: str = ""


async def give_up(session: AsyncSession, tag: str, payload: str) -> None:
    """Fail what a discarded job was to send; nothing for a job of another kind."""
    if tag not in (*DELIVERIES, "channels.deliver_copy"):
        return
    job = decode(tag, payload)
    if isinstance(job, DeliverCopy):
        await enqueue(session, Abandon([job.message_id], "its delivery was given up", job.address))
    elif isinstance(job, Deliver):
        await enqueue(session, Abandon(job.message_ids, "It was not sent: its delivery was given up."))
