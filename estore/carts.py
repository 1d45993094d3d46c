"""Carts: kept on the server under an id only its owner's session knows, before and after signing in."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core import rows
from core.clock import now
from core.errors import Invalid, NotFound
from core.words import worded
from customers.merging import group
from estore.goods import Product, Sku, Stock
from estore.models import Cart, CartLine

MOST_OF_ONE = 99
MOST_LINES = 100


@dataclass(frozen=True)
class Line:
    """One line of a cart as things stand now: today's price (minor units), and how many are to be had."""

    sku: Sku
    product: Product
    quantity: int
    available: int

    @property
    def total(self) -> int:
        return self.sku.price * self.quantity

    @property
    def short(self) -> bool:
        """Whether fewer are left than the cart wants, or it is not for sale any more."""
        return self.quantity > self.available or not (self.sku.active and self.product.active)


async def open_cart(
    session: AsyncSession, cart_id: UUID | None, customer_id: UUID | None = None, *, lock: bool = False
) -> Cart | None:
    """The cart of this id while nothing has been ordered from it; None for any other.

    A cart that belongs to a customer is open only to that customer.
    """
    if cart_id is None:
        return None
    await session.flush()  # the row is read anew
    row = (await session.execute(_LOCKED if lock else _READ, {"id": cart_id})).mappings().one_or_none()
    if row is None or not await opens(session, row["customer_id"], customer_id):
        return None
    return rows.known(session, Cart, row)


async def opens(session: AsyncSession, owner_id: UUID | None, customer_id: UUID | None) -> bool:
    """Whether a cart of this owner (None: nobody's yet) is open to whoever asks."""
    return owner_id is None or (customer_id is not None and owner_id in await group(session, customer_id))


_READ, _LOCKED = (
    text(
        f"SELECT {rows.columns_of(Cart)} FROM cart "  # noqa: S608 - names of our own columns
        f"WHERE id = :id AND order_id IS NULL AND merged_into_id IS NULL {lock}"
    )
    for lock in ("", "FOR UPDATE")
)


async def begin(session: AsyncSession, customer_id: UUID | None = None) -> Cart:
    """A new, empty cart."""
    cart = Cart(customer_id=customer_id)
    session.add(cart)
    await session.flush()
    return cart


async def put(session: AsyncSession, cart: Cart, sku_id: UUID, quantity: int = 1) -> None:
    """Add so many of a SKU. Raises NotFound for what is not for sale, Invalid for a wrong number."""
    if not 1 <= quantity <= MOST_OF_ONE:
        wrong = worded("Enter a number from 1 to %(most)s.", most=MOST_OF_ONE)
        raise Invalid("That is not a quantity.", {"quantity": wrong})
    await session.flush()
    asked = {"cart": cart.id, "sku": sku_id}
    for_sale, held = (await session.execute(_FOR_SALE, asked)).one()
    if not for_sale:
        raise NotFound("We do not sell that any more.")
    if held >= MOST_LINES:
        raise Invalid("Your cart is full. Order what is in it first, or take something out.")
    await session.execute(_PUT, {**asked, "quantity": quantity, "most": MOST_OF_ONE})
    changed = now()
    await session.execute(_CHANGED, {"id": cart.id, "at": changed})
    rows.known(session, Cart, {"id": cart.id, "changed_at": changed})


_FOR_SALE = text("""
SELECT
    EXISTS (
        SELECT FROM sku JOIN product ON product.id = sku.product_id
        WHERE sku.id = :sku AND sku.active AND product.active
    ) AS for_sale,
    (SELECT count(*) FROM cart_line WHERE cart_id = :cart) AS lines
""")
_PUT = text("""
INSERT INTO cart_line (cart_id, sku_id, quantity) VALUES (:cart, :sku, cast(:quantity AS int))
ON CONFLICT (cart_id, sku_id)
DO UPDATE SET quantity = least(cart_line.quantity + excluded.quantity, cast(:most AS int))
""")
_CHANGED = text("UPDATE cart SET changed_at = :at WHERE id = :id")


async def change(session: AsyncSession, cart: Cart, sku_id: UUID, quantity: int) -> None:
    """Set how many of a SKU are wanted; 0 takes it out. Raises Invalid."""
    if not 0 <= quantity <= MOST_OF_ONE:
        wrong = worded("Enter a number from 0 to %(most)s.", most=MOST_OF_ONE)
        raise Invalid("That is not a quantity.", {"quantity": wrong})
    if quantity == 0:
        await session.execute(delete(CartLine).where(CartLine.cart_id == cart.id, CartLine.sku_id == sku_id))
    else:
        line = await session.get(CartLine, (cart.id, sku_id))
        if line is not None:
            line.quantity = quantity
    cart.changed_at = now()
    await session.flush()


async def lines(session: AsyncSession, cart: Cart) -> list[Line]:
    """What is in a cart, in the order that it was put there."""
    rows = await session.execute(
        select(Sku, Product, CartLine.quantity, func.coalesce(Stock.on_hand - Stock.reserved, 0))
        .join(CartLine, CartLine.sku_id == Sku.id)
        .join(Product, Product.id == Sku.product_id)
        .outerjoin(Stock, Stock.sku_id == Sku.id)
        .where(CartLine.cart_id == cart.id)
        .order_by(CartLine.added_at, Sku.code)
        .execution_options(populate_existing=True)
    )
    return [Line(sku, product, quantity, max(available, 0)) for sku, product, quantity, available in rows]


async def count(session: AsyncSession, cart_id: UUID | None) -> int:
    """How many things are in an open cart."""
    if cart_id is None:
        return 0
    return await session.scalar(_COUNTED, {"id": cart_id}) or 0


_COUNTED = text("""
SELECT sum(line.quantity) FROM cart_line line JOIN cart ON cart.id = line.cart_id
WHERE cart.id = :id AND cart.order_id IS NULL AND cart.merged_into_id IS NULL
""")


async def adopt(session: AsyncSession, cart_id: UUID | None, customer_id: UUID) -> tuple[Cart | None, int]:
    """The cart of someone who has just signed in, and how many lines came to it from the one they had before.

    The session's own cart (if any) becomes theirs; what waited in an older cart of theirs joins it, the
    larger quantity of the two where both have a thing. Nothing is dropped; tell the person when it is not 0.
    """
    cart = await open_cart(session, cart_id, customer_id, lock=True)
    older = list(
        await session.scalars(
            select(Cart)
            .where(
                Cart.customer_id.in_(await group(session, customer_id)),
                Cart.order_id.is_(None),
                Cart.merged_into_id.is_(None),
                Cart.id != (cart.id if cart else None),
            )
            .order_by(Cart.id)
            .with_for_update()
        )
    )
    if cart is None:
        return (older[-1], 0) if older else (None, 0)
    cart.customer_id = customer_id
    joined = 0
    for other in older:
        for line in await session.scalars(select(CartLine).where(CartLine.cart_id == other.id)):
            statement = insert(CartLine).values(cart_id=cart.id, sku_id=line.sku_id, quantity=line.quantity)
            await session.execute(
                statement.on_conflict_do_update(
                    index_elements=[CartLine.cart_id, CartLine.sku_id],
                    set_={"quantity": func.greatest(CartLine.quantity, statement.excluded.quantity)},
                )
            )
            joined += 1
        other.merged_into_id = cart.id
    await session.flush()
    return cart, joined


async def fill(session: AsyncSession, wanted: Sequence[tuple[str, int]], customer_id: UUID | None) -> Cart:
    """A new cart with so many of each of these SKUs, by code; the same SKU twice adds up.

    Raises Invalid that names every line (`lines/0/sku`) of which there is too much or which is not for sale.
    """
    found = await session.execute(select(Sku.code, Sku.id).where(Sku.code.in_([code for code, _ in wanted])))
    known = {code: sku_id for code, sku_id in found}
    cart = await begin(session, customer_id)
    sums: dict[str, int] = {}
    wrong: dict[str, str] = {}
    for place, (code, quantity) in enumerate(wanted):
        sums[code] = sums.get(code, 0) + quantity
        try:
            if code not in known:
                raise NotFound("We do not sell that.")
            if sums[code] > MOST_OF_ONE:
                wrong[f"lines/{place}/quantity"] = worded("At most %(most)s of one thing.", most=MOST_OF_ONE)
                continue
            await put(session, cart, known[code], quantity)
        except NotFound as error:
            wrong[f"lines/{place}/sku"] = error.message
    if wrong:
        raise Invalid("Some of that cannot be ordered. Nothing was.", wrong)
    return cart
