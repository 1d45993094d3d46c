"""The preview beside a campaign: the message as one customer gets it, in a frame where nothing runs."""

from dataclasses import dataclass
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import broadcasts, sms
from campaigns.content import Rendered
from campaigns.models import Broadcast
from core.database import Database
from core.errors import DomainError
from core.rendering import gettext as _
from core.settings import Settings
from core.staff import Role
from customers import identities
from portal.guards import staff

# A preview shows somebody's HTML in a frame of its own, where nothing runs and nothing of ours is in reach.
FRAME_POLICY = (
    "sandbox; default-src 'none'; img-src 'self' https: data:; style-src 'unsafe-inline'; "
    "frame-ancestors 'self'"
)


@dataclass(frozen=True)
class Seen:
    """The preview beside a step: the message as one customer gets it, or why it cannot be shown."""

    people: list[tuple[str, str]]
    customer_id: UUID | None
    message: Rendered | None
    trouble: str
    length: sms.Length | None


async def see(
    session: AsyncSession, settings: Settings, broadcast: Broadcast, customer_id: UUID | None
) -> Seen:
    people = list(await broadcasts.sample_customers(session, broadcast))
    known = {person.customer_id for person in people}
    chosen = customer_id or (people[0].customer_id if people else None)
    choices = [(str(person.customer_id), person.name or _("Nameless")) for person in people]
    if chosen is not None and chosen not in known:
        reached = await identities.contacts(session, chosen)
        choices.insert(0, (str(chosen), reached[0].value if reached else str(chosen)))
    message, trouble = None, ""
    if chosen is None:
        trouble = _("Choose who it goes to first: the preview shows it as one of them gets it.")
    else:
        try:
            message = await broadcasts.preview(session, settings, broadcast, chosen)
        except DomainError as error:
            trouble = next(iter(getattr(error, "fields", {}).values()), error.message)
    length = sms.measure(message.text) if message is not None and broadcast.channel == "sms" else None
    return Seen(choices, chosen, message, trouble, length)


@get("/desk/campaigns/{broadcast_id:uuid}/frame", guards=[staff(Role.MARKETER)])
async def show_frame(
    broadcast_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    customer: FromQuery[UUID | None] = None,
) -> Response[str]:
    """The HTML of the mail as a customer gets it, for the preview's frame."""
    async with database.transaction() as session:
        broadcast = await broadcasts.get(session, broadcast_id)
        seen = await see(session, settings, broadcast, customer)
    html = seen.message.html if seen.message is not None else None
    headers = {"content-security-policy": FRAME_POLICY}
    return Response(html or "", media_type="text/html; charset=utf-8", headers=headers)


handlers = [show_frame]
