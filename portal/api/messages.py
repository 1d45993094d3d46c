"""Transactional messages over the API: what a program has to tell one customer."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from channels import outbox
from channels.models import Message
from core.database import Database
from core.errors import Invalid, NotFound
from core.rendering import gettext as _
from core.settings import Settings
from customers import identities, merging
from customers.models import IdentityKind
from portal.api.answers import once
from portal.api.conversations import MessageOut, show_message
from portal.api.fields import TEXT, WORDS
from portal.guards import program

WRITE = program("messages:write")


class MessageIn(msgspec.Struct, forbid_unknown_fields=True):
    """A message that the customer needs: a receipt, a code, news of their order. Never for marketing."""

    customer_id: UUID
    channel: Literal["email", "sms"]
    text: Annotated[
        str, Meta(min_length=1, max_length=20_000, pattern=WORDS, examples=["Your machine is ready."])
    ]
    subject: Annotated[str, Meta(max_length=200, pattern=TEXT, examples=["Your repair"])] = ""


@post("/messages", guards=[WRITE], status_code=202)
async def send_message(
    request: Request[Any, Any, Any],
    data: JSONBody[MessageIn],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[MessageOut]:
    """Queue a message to the customer's own address; suppressed addresses are asked about again before it goes."""
    if data.channel == "email" and not data.subject.strip():
        raise Invalid(_("A mail needs a subject."), {"subject": _("Please fill this in.")})

    async def act(session: AsyncSession) -> MessageOut:
        speaker = await merging.survivor(session, data.customer_id)
        kind = IdentityKind.EMAIL if data.channel == "email" else IdentityKind.PHONE
        address = await identities.address_for(session, speaker, kind)
        if address is None:
            raise Invalid(
                _("This customer cannot be reached there."),
                {"channel": _("We know no such address of theirs.")},
            )
        account = settings.shop_address if data.channel == "email" else settings.twilio_number
        queued = outbox.Outgoing(
            customer_id=speaker,
            channel=data.channel,
            to=address,
            account=account,
            subject=outbox.one_line(data.subject),
            text=data.text.replace("\x00", ""),
            sender_name=settings.company_name,
        )
        message_id = (await outbox.queue(session, [queued]))[0]
        return show_message(await session.get_one(Message, message_id))

    return await once(request, database, act, status=202)


@get("/messages/{message_id:uuid}", guards=[WRITE])
async def get_message(message_id: FromPath[UUID], database: NamedDependency[Database]) -> MessageOut:
    """What became of a message: queued, sending, sent, delivered, failed, held or unknown."""
    async with database.transaction() as session:
        message = await session.get(Message, message_id)
        if message is None or message.direction != "outbound":
            raise NotFound(_("That message does not exist."))
        return show_message(message)


handlers = [send_message, get_message]
