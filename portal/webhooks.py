"""POST /webhooks/{provider}: what providers tell us. Signature first, then kept raw, then answered."""

from collections.abc import Callable
from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core import metrics, webhooks
from core.database import Database
from core.errors import NotAllowed, NotFound
from core.settings import Settings
from portal import webhooks_mail
from portal.guards import provider as known_provider

MAX_SIZE = 1024 * 1024

Verify = Callable[[Request[Any, Any, Any], bytes, Settings], str]


def _stripe(request: Request[Any, Any, Any], body: bytes, settings: Settings) -> str:
    from estore import gateway

    return gateway.verified_event(body, request.headers.get("stripe-signature", ""), settings)


def _twilio(request: Request[Any, Any, Any], body: bytes, settings: Settings) -> str:
    from channels.adapters import sms

    query = request.scope["query_string"].decode("latin-1")
    return sms.verified_event(body, request.headers.get("x-twilio-signature", ""), query, settings)


# provider -> what checks its signature and names the event; raises NotAllowed.
PROVIDERS: dict[str, Verify] = {"stripe": _stripe, "twilio": _twilio}


@post(
    "/webhooks/{name:str}",
    guards=[known_provider],
    exclude_from_csrf=True,
    status_code=204,
    request_max_body_size=MAX_SIZE,
)
async def take(
    request: Request[Any, Any, Any],
    name: FromPath[str],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[None]:
    """Keep a provider's event; the answer is 2xx only once it is committed, also for one that we know."""
    verify = PROVIDERS.get(name)
    if verify is None:
        raise NotFound("We know no such provider.")
    body = await request.body()
    try:
        external_id = verify(request, body, settings)
    except NotAllowed:
        metrics.WEBHOOKS.labels(name, "refused").inc()
        raise
    async with database.statements() as session:
        new = await webhooks.store(session, name, external_id, body)
        metrics.count(session, metrics.WEBHOOKS, name, "kept" if new else "known")
    return Response(None, status_code=204)


handlers = [take, *webhooks_mail.handlers]
