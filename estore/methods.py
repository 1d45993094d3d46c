"""Ways to pay as configuration: which of them the store offers."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, NotFound
from estore.models import PaymentMethod


async def everything(session: AsyncSession) -> list[PaymentMethod]:
    """Every way to pay, also those switched off, in the order that they are offered in."""
    return list(
        await session.scalars(select(PaymentMethod).order_by(PaymentMethod.position, PaymentMethod.code))
    )


async def switch(session: AsyncSession, code: str, on: bool) -> PaymentMethod:
    """Offer a way to pay from now on, or no longer; orders that chose it go on. Raises NotFound, Conflict."""
    methods = list(await session.scalars(select(PaymentMethod).order_by(PaymentMethod.id).with_for_update()))
    chosen = next((method for method in methods if method.code == code), None)
    if chosen is None:
        raise NotFound("There is no such way to pay.")
    if not on and not any(method.enabled for method in methods if method is not chosen):
        raise Conflict(
            "That is the last way to pay: with none, nobody could order. Switch another one on first."
        )
    chosen.enabled = on
    return chosen
