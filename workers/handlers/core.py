"""Jobs of the ground floor: reading stored webhooks, giving up jobs."""

from collections.abc import Awaitable, Callable

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from channels.jobs import give_up
from core.clock import now
from core.errors import DomainError, NotFound, TransientError
from core.operations import Discard, discard
from core.webhooks import ProcessWebhook, ReceivedWebhook
from workers.runner import transactional

# provider -> what reads its stored events; filled by the handlers of the package that owns the provider.
READERS: dict[str, Callable[[AsyncSession, ReceivedWebhook], Awaitable[None]]] = {}


@transactional(ProcessWebhook)
async def process_webhook(session: AsyncSession, job: ProcessWebhook) -> None:
    """Read a stored webhook once; what cannot be read goes to quarantine with the reason."""
    webhook = await session.get(ReceivedWebhook, job.webhook_id, with_for_update=True)
    if webhook is None or webhook.processed_at is not None:
        return
    try:
        async with session.begin_nested():
            await READERS[webhook.provider](session, webhook)
    except TransientError:
        raise
    except (DomainError, msgspec.MsgspecError, LookupError, TypeError, ValueError) as error:
        webhook.quarantined = f"{type(error).__name__}: {error}"[:500]
        return
    webhook.quarantined = None
    webhook.processed_at = now()


@transactional(Discard)
async def discard_job(session: AsyncSession, job: Discard) -> None:
    """Unless somebody let it run again meanwhile."""
    try:
        tag, payload = await discard(session, job.job_id)
    except NotFound:
        return
    await give_up(session, tag, payload)
