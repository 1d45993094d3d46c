"""Ways to pay as configuration: which of them the store offers, and how long each may take."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from estore import edits
from estore.goods import PaymentMethod

CHECKOUT_LIFE = timedelta(minutes=60)
# Goods stay held a little longer than anyone can pay for them.
HOLD_MARGIN = timedelta(minutes=10)
# The card company opens no checkout for less than half an hour.
SHORTEST_CHECKOUT = timedelta(minutes=35)
# How long after ordering a card may still be tried; a transfer has the days that its method gives.
LONGEST_CARD_HOLD = timedelta(hours=24)


async def everything(session: AsyncSession) -> list[PaymentMethod]:
    """Every way to pay, also those switched off, in the order that they are offered in."""
    return list(
        await session.scalars(select(PaymentMethod).order_by(PaymentMethod.position, PaymentMethod.code))
    )


async def switch(session: AsyncSession, code: str, on: bool, by: UUID | None = None) -> PaymentMethod:
    """Offer a way to pay from now on, or no longer; orders that chose it go on. Raises NotFound, Conflict."""
    methods = list(await session.scalars(select(PaymentMethod).order_by(PaymentMethod.id).with_for_update()))
    chosen = next((method for method in methods if method.code == code), None)
    if chosen is None:
        raise NotFound("There is no such way to pay.")
    if not on and not any(method.enabled for method in methods if method is not chosen):
        raise Conflict(
            "That is the last way to pay: with none, nobody could order. Switch another one on first."
        )
    await edits.note(session, "payment_method", chosen.name, by, {"enabled": chosen.enabled}, {"enabled": on})
    chosen.enabled = on
    return chosen


async def offered(session: AsyncSession) -> list[PaymentMethod]:
    """The enabled ways to pay, in the order that they are offered in."""
    return list(
        await session.scalars(
            select(PaymentMethod)
            .where(PaymentMethod.enabled)
            .order_by(PaymentMethod.position, PaymentMethod.code)
        )
    )


async def enabled(session: AsyncSession, code: str) -> PaymentMethod:
    """The way to pay with this code. Raises Invalid when it is not offered."""
    found = await session.scalar(
        select(PaymentMethod).where(PaymentMethod.code == code, PaymentMethod.enabled)
    )
    if found is None:
        raise not_offered()
    return found


def not_offered() -> Invalid:
    """What to say to somebody who chose none of the ways to pay."""
    return Invalid("Choose how you want to pay.", {"payment": "Choose one of the ways to pay."})


def deadline(chosen: PaymentMethod) -> datetime | None:
    """Until when goods are held for money that comes this way; None for as long as it takes."""
    if chosen.kind == "card":
        return now() + CHECKOUT_LIFE + HOLD_MARGIN
    return now() + timedelta(days=chosen.days_to_pay) if chosen.kind == "transfer" else None
