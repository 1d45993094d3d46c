"""Letters: what an answer by e-mail carries below what was written: who signs it, and the mail that it answers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.models import Message
from core.rendering import gettext as _
from core.rendering import moment, speaking
from customers.models import Customer
from support import signatures

# A mail that is longer is quoted to here; whoever wrote it has the rest.
MAX_QUOTE = 20_000


async def tail(session: AsyncSession, conversation_id: UUID, staff_id: UUID, answered: UUID | None) -> str:
    """What stands below an answer: the signature, and the mail `answered`, quoted as mail programs do.

    The same until one of the two changes, so that it can be taken off again.
    """
    signature = await signatures.under(session, staff_id, conversation_id)
    signed = f"\n\n-- \n{signature}" if signature else ""
    message = await session.get(Message, answered) if answered is not None else None
    if message is None or message.channel != "email" or not message.text.strip():
        return signed
    locale = await session.scalar(select(Customer.locale).where(Customer.id == message.customer_id))
    with speaking(locale or "en"):
        said = introduction(message.written_at or message.created_at, message.sender_name or message.sender)
    return f"{signed}\n\n{said}\n{quote(message.text)}"


def introduction(at: datetime, name: str) -> str:
    """The line above a quote, in the language that is spoken."""
    name = " ".join(name.split())
    return _("On %(date)s, %(name)s wrote:") % {"date": moment(at), "name": name}


def quote(words: str) -> str:
    """Words as a mail quotes them, line by line."""
    lines = words.strip()[:MAX_QUOTE].splitlines()
    return "\n".join(f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in lines)


async def written(session: AsyncSession, message: Message) -> str:
    """What a colleague wrote of a message of ours, without what was put below it."""
    if message.staff_id is None or message.conversation_id is None:
        return message.text
    for answered in (message.in_reply_to_id, None):
        below = await tail(session, message.conversation_id, message.staff_id, answered)
        if below and message.text.endswith(below):
            return message.text.removesuffix(below)
    return message.text
