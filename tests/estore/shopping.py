"""Someone fills a cart and orders what is in it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from estore import carts, checkout, demo
from estore.models import Order

SIZE = {
    "email": "ann@example.com",
    "name": "Ann Berg",
    "street": "Weg 1",
    "postcode": "10115",
    "city": "Berlin",
}


def wish(cart_id: UUID, **changes: object) -> checkout.Checkout:
    facts = {**SIZE, "country": "DE", "shipping": "standard", "payment": "card", **changes}
    return checkout.Checkout(cart_id=cart_id, **facts)  # type: ignore[arg-type]  # declared more narrowly than it takes


async def fill(session: AsyncSession, *codes: str, quantity: int = 1) -> UUID:
    cart = await carts.begin(session)
    for code in codes:
        await carts.put(session, cart, demo.demo_id("sku", code), quantity)
    return cart.id


async def place(session: AsyncSession, *codes: str, quantity: int = 1, **changes: object) -> Order:
    cart_id = await fill(session, *(codes or ("DAW-250",)), quantity=quantity)
    return await checkout.place(session, wish(cart_id, **changes))
