"""Reviews: what people who received a product say of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.words import mark
from customers import timeline
from customers.merging import group, hold
from customers.models import Customer
from estore.goods import Product, Review, Sku
from estore.happenings import ReviewWritten
from estore.models import Order, OrderLine, OrderStatus

LONGEST = 4000
RATINGS = (5, 4, 3, 2, 1)


class Standing(StrEnum):
    """Where a review stands: waiting ones are on the page already, but no colleague has read them."""

    WAITING = "waiting"
    SHOWN = "shown"
    HIDDEN = "hidden"


_STANDS: dict[Standing, ColumnElement[bool]] = {
    Standing.WAITING: Review.judged_at.is_(None),
    Standing.SHOWN: Review.judged_at.is_not(None) & Review.hidden_at.is_(None),
    Standing.HIDDEN: Review.hidden_at.is_not(None),
}


@dataclass(frozen=True)
class Rating:
    """How a product is rated: the average, 1 to 5, and how many people say so; 0 and 0 where nobody did."""

    average: float
    count: int


@dataclass(frozen=True)
class Told:
    """The newest reviews of a product, and how many gave each rating, five stars first."""

    reviews: list[Review]
    spread: list[tuple[int, int]]
    rating: Rating


@dataclass(frozen=True)
class Judged:
    """A review as colleagues see it: of which product, and received with which order."""

    review: Review
    product: Product
    order: str


async def ratings(session: AsyncSession, product_ids: Sequence[UUID]) -> dict[UUID, Rating]:
    """How each of these products is rated; those that nobody rated are left out."""
    rows = await session.execute(
        select(Review.product_id, func.avg(Review.rating), func.count())
        .where(Review.product_id.in_(product_ids), Review.hidden_at.is_(None))
        .group_by(Review.product_id)
    )
    return {product_id: Rating(float(average), count) for product_id, average, count in rows}


async def told(session: AsyncSession, product_id: UUID, limit: int = 10, stars: int = 0) -> Told:
    """What is said of a product, newest first; `stars` keeps the reviews of one rating only."""
    shown = (Review.product_id == product_id, Review.hidden_at.is_(None))
    rows = await session.execute(select(Review.rating, func.count()).where(*shown).group_by(Review.rating))
    counts: dict[int, int] = {rating: many for rating, many in rows}
    total = sum(counts.values())
    average = sum(rating * many for rating, many in counts.items()) / total if total else 0.0
    query = select(Review).where(*shown)
    if stars in RATINGS:
        query = query.where(Review.rating == stars)
    newest = await session.scalars(query.order_by(Review.created_at.desc(), Review.id.desc()).limit(limit))
    return Told(list(newest), [(one, counts.get(one, 0)) for one in RATINGS], Rating(average, total))


async def received(session: AsyncSession, customer_id: UUID, product_id: UUID) -> UUID | None:
    """The delivered order in which this person received the product, the latest, if any."""
    return await session.scalar(
        select(Order.id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Sku, Sku.id == OrderLine.sku_id)
        .where(
            Order.customer_id.in_(await group(session, customer_id)),
            Order.status == OrderStatus.DELIVERED,
            Sku.product_id == product_id,
        )
        .order_by(Order.placed_at.desc())
        .limit(1)
    )


async def of_customer(session: AsyncSession, customer_id: UUID, product_id: UUID) -> Review | None:
    """What this person said of the product, shown or hidden."""
    return await session.scalar(
        select(Review)
        .where(
            Review.customer_id.in_(await group(session, customer_id)),
            Review.product_id == product_id,
        )
        .limit(1)
    )


async def write(
    session: AsyncSession, customer_id: UUID, slug: str, rating: int, body: str, locale: str = "en"
) -> Review:
    """Say what one thinks of a product. Raises NotFound, NotAllowed before it was received, Conflict the
    second time, Invalid.
    """
    product = await session.scalar(select(Product).where(Product.slug == slug, Product.active))
    if product is None:
        raise NotFound("We do not sell that any more, or never did.")
    problems = {}
    if rating not in RATINGS:
        problems["rating"] = mark("Choose one to five stars.")
    if len(body.strip()) < 3:
        problems["body"] = mark("Write a few words.")
    elif len(body) > LONGEST:
        problems["body"] = mark("That is too long: 4,000 characters at most.")
    if problems:
        raise Invalid("The review is not complete yet.", problems)
    # A merge would make one person of two that wrote one each.
    await hold(session, alone=False)
    ids = await group(session, customer_id)
    await session.execute(select(Customer.id).where(Customer.id == ids[0]).with_for_update())
    order_id = await received(session, customer_id, product.id)
    if order_id is None:
        raise NotAllowed("Only people who received it from us can review it.")
    if await of_customer(session, customer_id, product.id):
        raise Conflict("You have reviewed this already. Nothing was changed.")
    name = await session.scalar(select(Customer.name).where(Customer.id == ids[0])) or ""
    review = Review(
        product_id=product.id,
        customer_id=customer_id,
        order_id=order_id,
        rating=rating,
        body=body.strip(),
        author=_shown_name(name),
        locale=locale,
    )
    session.add(review)
    await session.flush()
    await timeline.append(
        session,
        customer_id,
        ReviewWritten(product.name, product.slug, rating),
        source_key=f"review:{review.id}",
        subject_id=product.id,
    )
    return review


async def listed(
    session: AsyncSession,
    standing: Standing | None = None,
    *,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Judged]:
    """The reviews that stand so (all without a standing), newest first; `before` is the last one seen."""
    query = select(Review, Product, Order.number).join(Product, Product.id == Review.product_id)
    query = query.join(Order, Order.id == Review.order_id)
    if standing is not None:
        query = query.where(_STANDS[standing])
    if before is not None:
        query = query.where(tuple_(Review.created_at, Review.id) < before)
    rows = await session.execute(query.order_by(Review.created_at.desc(), Review.id.desc()).limit(limit))
    return [Judged(review, product, number) for review, product, number in rows]


async def waiting(session: AsyncSession) -> int:
    """How many reviews no colleague has read yet."""
    query = select(func.count()).select_from(Review).where(_STANDS[Standing.WAITING])
    return await session.scalar(query) or 0


def standing(review: Review) -> Standing:
    if review.judged_at is None:
        return Standing.WAITING
    return Standing.SHOWN if review.hidden_at is None else Standing.HIDDEN


async def find(session: AsyncSession, review_id: UUID) -> Review:
    """Raises NotFound."""
    review = await session.get(Review, review_id)
    if review is None:
        raise NotFound("There is no such review.")
    return review


async def judge(session: AsyncSession, review_id: UUID, to: Standing, by: UUID) -> Standing:
    """Leave a review on its product's page, take it off, or let it wait again; how it stood. Raises NotFound."""
    review = await session.get(Review, review_id, with_for_update=True)
    if review is None:
        raise NotFound("There is no such review.")
    before = standing(review)
    if before == to:
        return before
    judged = to != Standing.WAITING
    review.judged_at, review.judged_by = (now(), by) if judged else (None, None)
    review.hidden_at = now() if to == Standing.HIDDEN else None
    await session.flush()
    return before


def _shown_name(name: str) -> str:
    """A person's first name and the letter of the last: "Anna K."; empty where we know none."""
    parts = name.split()
    return f"{parts[0]} {parts[-1][0]}." if len(parts) > 1 else name.strip()
