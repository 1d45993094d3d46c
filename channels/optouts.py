"""Words that a phone's owner may send at any time: STOP, START, HELP. They count from the commit on."""

from typing import Literal

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from channels import delivery, outbox
from channels.conversations import Received
from core.rendering import gettext as _
from core.rendering import speaking
from core.settings import settings
from customers import consent
from customers.merging import group
from customers.models import ConsentRecord, Customer, SuppressionScope

Word = Literal["stop", "start", "help"]

WORDS: dict[str, Word] = {
    **dict.fromkeys(
        ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "STOPP", "REVOKE", "OPTOUT"), "stop"
    ),
    **dict.fromkeys(("START", "UNSTOP"), "start"),
    **dict.fromkeys(("HELP", "INFO", "HILFE"), "help"),
}
SOURCE = "STOP"
# Why a number is suppressed whose owner said so: to us, or to the phone company.
OPTED_OUT = (SOURCE, delivery.OPTED_OUT)


def keyword(words: str) -> Word | None:
    """The word, when it is all that the text says."""
    return WORDS.get(words.strip().strip(".!\"'").upper())


async def obey(session: AsyncSession, word: Word, received: Received, number: str, account: str) -> None:
    """Do what the word asks for, in the transaction that stores the message."""
    if word == "stop":
        await stop(session, received, number)
    elif word == "start":
        await start(session, received, number)
    else:
        await _help(session, received, number, account)


async def stop(session: AsyncSession, received: Received, number: str) -> None:
    """No marketing to this number any more, on any topic, whoever it belongs to."""
    await consent.suppress(session, "sms", number, reason=SOURCE, scope=SuppressionScope.MARKETING)
    topics = await _topics(session, received, granted=True)
    for topic in sorted(topics | {consent.NEWS}):
        await consent.withdraw(
            session, received.customer_id, "sms", source=SOURCE, topic=topic, address=number
        )


async def start(session: AsyncSession, received: Received, number: str) -> None:
    """Take back what STOP did, and only that."""
    await consent.lift(session, "sms", number, SuppressionScope.MARKETING, reasons=OPTED_OUT)
    for topic in sorted(await _topics(session, received, granted=False)):
        await consent.grant(
            session, received.customer_id, "sms", source="START", topic=topic, address=number, wording="START"
        )


async def _topics(session: AsyncSession, received: Received, *, granted: bool) -> set[str]:
    """The topics that the customer's newest word allows; or those that STOP withdrew."""
    ids = await group(session, received.customer_id)
    newest = (
        select(ConsentRecord.topic, ConsentRecord.granted, ConsentRecord.source)
        .where(ConsentRecord.customer_id.in_(ids), ConsentRecord.channel == "sms")
        .distinct(ConsentRecord.topic)
        .order_by(ConsentRecord.topic, ConsentRecord.id.desc())
    )
    return {
        topic
        for topic, is_granted, source in await session.execute(newest)
        if is_granted == granted and (granted or source == SOURCE)
    }


async def _help(session: AsyncSession, received: Received, number: str, account: str) -> None:
    """Say who we are and how to stop, at most once an hour."""
    recent = text(
        "SELECT 1 FROM message WHERE customer_id = :customer_id AND source_kind = 'help'"
        " AND recipients -> 'to' ? :number AND created_at > now() - interval '1 hour' LIMIT 1"
    )
    if await session.scalar(recent, {"customer_id": received.customer_id, "number": number}):
        return
    locale = await session.scalar(select(Customer.locale).where(Customer.id == received.customer_id))
    with speaking(locale or "en"):
        words = _(
            "%(company)s: write to us here and a person answers, or by e-mail to %(address)s. "
            "Reply STOP to get no more offers."
        ) % {"company": settings().company_name, "address": settings().support_address}
    await outbox.queue(
        session,
        [
            outbox.Outgoing(
                customer_id=received.customer_id,
                channel="sms",
                to=number,
                account=account,
                text=words,
                conversation_id=received.conversation_id,
                source_kind="help",
            )
        ],
    )
