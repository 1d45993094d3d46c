"""POST /webhooks/mailgun and /webhooks/sendgrid: mail that providers took for us. 200 once it is committed."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from litestar import MediaType, Request, Response, post
from litestar.di import NamedDependency

from core import metrics, replays
from core.database import Database
from core.errors import NotAllowed, NotFound
from core.settings import Settings
from portal.guards import provider as known_provider

if TYPE_CHECKING:
    from channels.adapters.email.providers import Posted

# What they take themselves, 25 and 30 MB, as a form has it.
MAX_SIZE = 42 * 1024 * 1024


@post(
    # Mailgun posts the whole mail where the address ends so, else its pieces.
    ["/webhooks/mailgun", "/webhooks/mailgun/mime"],
    guards=[known_provider],
    exclude_from_csrf=True,
    status_code=200,
    request_max_body_size=MAX_SIZE,
)
async def take_from_mailgun(
    request: Request[Any, Any, Any], database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[str]:
    """Keep a mail that a route of Mailgun forwards."""
    from channels.adapters.email.providers import from_mailgun

    if not settings.mailgun_signing_key or not settings.mailgun_signing_key.get_secret_value():
        raise NotFound("We know no such provider.")
    return await _take(request, database, settings, "mailgun", from_mailgun)


@post(
    "/webhooks/sendgrid",
    guards=[known_provider],
    exclude_from_csrf=True,
    status_code=200,
    request_max_body_size=MAX_SIZE,
)
async def take_from_sendgrid(
    request: Request[Any, Any, Any], database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[str]:
    """Keep a mail that Twilio SendGrid's Inbound Parse posts."""
    from channels.adapters.email.providers import from_sendgrid

    if not settings.sendgrid_public_key:
        raise NotFound("We know no such provider.")
    return await _take(request, database, settings, "sendgrid", from_sendgrid)


async def _take(
    request: Request[Any, Any, Any],
    database: Database,
    settings: Settings,
    name: str,
    read: Callable[[bytes, Mapping[str, str], Settings], "Posted"],
) -> Response[str]:
    from channels.adapters.email import arrivals, providers

    body = await request.body()
    try:
        # Large ones take their time.
        posted = await asyncio.to_thread(read, body, request.headers, settings)
        async with database.transaction() as session:
            new = await replays.note(session, name, posted.event, posted.raw)
            if new:
                known = await providers.mailboxes_for(session, posted, settings)
                # What a provider says of the sender is nobody's word whom we trust.
                await arrivals.store(
                    session, known, posted.mail_from, posted.rcpt_to, posted.raw, vouched_by=""
                )
            metrics.count(session, metrics.WEBHOOKS, name, "kept" if new else "known")
    except NotAllowed:
        metrics.WEBHOOKS.labels(name, "refused").inc()
        raise
    return Response("", media_type=MediaType.TEXT)


handlers = [take_from_mailgun, take_from_sendgrid]
