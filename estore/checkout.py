"""Checking out: turning a cart into an order in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from core import money, rows
from core.clock import now
from core.errors import Conflict, DomainError, Invalid
from core.jobs import TOPIC, JobRow, promised
from core.nudges import nudge
from core.words import mark, worded
from customers import consent, identities, merging, postcodes, timeline
from customers.models import Customer
from estore import addresses, attempts, carts, catalogue, invoices, methods, stock
from estore.goods import PaymentMethod
from estore.happenings import OrderPlaced
from estore.jobs import ExpireHold, IssueInvoice
from estore.models import Cart, Order, OrderLine, OrderStatus
from estore.quotes import Quote, quote

FIELD_LENGTHS = {"name": 120, "company": 120, "street": 200, "postcode": 12, "city": 100, "phone": 40}


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """What a person filled in; `expected_total` (minor units) is what they were shown, if anything.

    They were shown it for `expected_shipping` to `expected_country`; empty for what they chose now.
    """

    cart_id: UUID
    email: str
    name: str
    street: str
    postcode: str
    city: str
    country: str
    shipping: str
    payment: str
    company: str = ""
    phone: str = ""
    instructions: str = ""
    customer_id: UUID | None = None
    locale: str = "en"
    expected_total: int | None = None
    expected_shipping: str = ""
    expected_country: str = ""
    # The words of the box for news that the person ticked; empty when it was left alone.
    news_wording: str = ""


class Unconfirmed(Conflict):
    """What the person chose themselves makes another total than they were shown; they have not seen it yet."""


async def place(session: AsyncSession, wish: Checkout, *, home: str = "DE") -> Order:
    """Make an order of a cart: goods held, invoice drafted, payment pending, all or nothing.

    The same cart sent twice gives the same order. Raises Invalid with the fields to correct; Conflict when
    the cart or a price has changed, Unconfirmed when the person's own choice makes the total another than the
    one shown; SoldOut. In each case the cart stays as it was.
    """
    cart = await carts.open_cart(session, wish.cart_id, wish.customer_id, lock=True)
    if cart is None:
        placed = await session.scalar(select(Order).where(Order.cart_id == wish.cart_id))
        if placed is not None:
            return placed
        raise Conflict("Your cart is empty. Put something in it first.")
    address, contact = _check(wish)
    offer = await quote(session, cart, wish.country, wish.shipping, home=home)
    chosen = next((one for one in offer.payments if one.code == wish.payment), None)
    if chosen is None:
        raise methods.not_offered()
    if chosen.for_companies and not wish.company.strip():
        raise Invalid(
            "Companies only.", {"company": "Enter your company's name, or choose another way to pay."}
        )
    if not offer.lines:
        raise Conflict("Your cart is empty. Put something in it first.")
    if offer.shipping is None or offer.shipping.code != wish.shipping:
        raise Invalid("Choose how it travels.", {"shipping": "Choose one of the ways that we deliver there."})
    _refuse_what_is_gone(offer.lines)
    if wish.expected_total is not None and wish.expected_total != offer.totals.total:
        raise await _another_total(session, wish, cart, offer, home)
    customer_id = await _customer(session, wish, contact)
    order = await _write(session, wish, cart, customer_id, offer, address, contact.value, chosen)
    await addresses.remember(session, customer_id, address)
    if wish.news_wording:
        await consent.grant(
            session,
            customer_id,
            "email",
            source="checkout",
            address=contact.value,
            wording=wish.news_wording,
            proven=wish.customer_id is not None and await identities.owner(session, contact) == customer_id,
        )
    await timeline.append(
        session,
        customer_id,
        OrderPlaced(
            order.number,
            order.total,
            order.currency,
            sum(line.quantity for line in offer.lines),
            [line.product.name for line in offer.lines],
        ),
        source_key=f"order:{order.id}",
        subject_id=order.id,
    )
    return order


async def _another_total(
    session: AsyncSession, wish: Checkout, cart: Cart, offer: Quote, home: str
) -> Conflict:
    """Why the total is not the one that was shown: the person's own choice, or a price of ours."""
    assert offer.shipping is not None
    total = money.formatted(offer.totals.total, cart.currency, wish.locale)
    shipping, country = wish.expected_shipping or wish.shipping, wish.expected_country or wish.country
    shown = await quote(session, cart, country, shipping, home=home)
    if (shipping, country) == (wish.shipping, wish.country) or shown.totals.total != wish.expected_total:
        return Conflict(
            worded(
                "A price has changed since you saw it: the total is now %(total)s. Nothing was ordered; "
                "look it over and order again.",
                total=total,
            )
        )
    if country != wish.country:
        return Unconfirmed(
            worded(
                "Sent to the country that you chose, the total is %(total)s. Nothing was ordered yet: "
                "if that is right, order once more.",
                total=total,
            )
        )
    return Unconfirmed(
        worded(
            "With “%(way)s” the total is %(total)s. Nothing was ordered yet: if that is right, order once more.",
            way=catalogue.words(offer.shipping, "name", wish.locale),
            total=total,
        )
    )


def _check(wish: Checkout) -> tuple[dict[str, str], identities.Contact]:
    """The address and the e-mail address, or every field that is wrong at once."""
    fields: dict[str, str] = {}
    contact = None
    try:
        contact = identities.email(wish.email)
    except DomainError:
        fields["email"] = mark("Enter an address like name@example.com: the confirmation goes there.")
    if wish.phone.strip():
        try:
            identities.phone(wish.phone, wish.country)
        except DomainError:
            fields["phone"] = mark("Enter a number like +49 30 555010, or leave this empty.")
    sentences = {
        "name": mark("Enter the name for the parcel."),
        "street": mark("Enter street and house number."),
        "postcode": mark("Enter the postcode."),
        "city": mark("Enter the town."),
    }
    address = {
        key: " ".join(str(getattr(wish, key)).replace("\x00", "").split())
        for key in ("name", "company", "street", "postcode", "city")
    }
    fields |= {key: sentence for key, sentence in sentences.items() if not address[key]}
    if address["postcode"] and not postcodes.fits(address["postcode"], wish.country):
        fields["postcode"] = postcodes.complaint(wish.country)
    for key, most in FIELD_LENGTHS.items():
        if len(str(getattr(wish, key)).strip()) > most:
            fields[key] = worded("That is too long: %(most)s characters at most.", most=most)
    if len(wish.instructions) > 1000:
        fields["instructions"] = worded("That is too long: %(most)s characters at most.", most=1000)
    if fields or contact is None:
        raise Invalid("Some fields need another look. Nothing was ordered yet.", fields)
    return address | {"country": wish.country}, contact


def _refuse_what_is_gone(lines: Sequence[carts.Line]) -> None:
    for line in lines:
        if not (line.sku.active and line.product.active):
            raise stock.SoldOut(
                worded(
                    "%(name)s is not for sale any more. Nothing was ordered: take it out first.",
                    name=line.product.name,
                ),
                line.sku.id,
                0,
            )


async def _customer(session: AsyncSession, wish: Checkout, contact: identities.Contact) -> UUID:
    if wish.customer_id is None:
        # A typed address is a claim: it shows nobody's history and merges nothing.
        return await identities.resolve(
            session, contact, proven=False, name=wish.name, source="store", locale=wish.locale
        )
    customer_id = await merging.survivor(session, wish.customer_id)
    await identities.claim(session, customer_id, contact)
    customer = await session.get_one(Customer, customer_id)
    if not customer.name:
        customer.name = wish.name.strip()
    if wish.company.strip() and not customer.company:
        customer.company = wish.company.strip()
    return customer_id


async def _write(
    session: AsyncSession,
    wish: Checkout,
    cart: Cart,
    customer_id: UUID,
    offer: Quote,
    address: dict[str, str],
    email: str,
    chosen: PaymentMethod,
) -> Order:
    """The order with its lines, its held goods, its invoice and the attempt to pay it, and what is due for them."""
    wanted: dict[UUID, int] = {}
    for line in offer.lines:
        wanted[line.sku.id] = wanted.get(line.sku.id, 0) + line.quantity
    # The end of the hold is reckoned from here on: the order was placed no later.
    order_id, placed_at, until = uuid7(), now(), methods.deadline(chosen)
    holds = await stock.hold(session, order_id, wanted, until)
    number = str(await session.scalar(_ORDERED, {"cart": cart.id, "order": order_id}))
    new = _order(wish, order_id, number, cart, customer_id, offer, address, email, placed_at)
    lines = _lines(wish, order_id, offer)
    invoice, charged = invoices.draft(new, lines, offer.seller, chosen.days_to_pay)
    attempt = [attempts.plan(invoice, chosen, number)] if invoice.total else []
    due = [JobRow(**promised(IssueInvoice(invoice.id)), due_at=placed_at, key=None)]
    if until is not None:
        # Nothing can wait under the key of an order that is only made now.
        key = attempts.expiry_key(order_id)
        due.append(JobRow(**promised(ExpireHold(order_id)), due_at=until, key=key))
    order = await rows.write(session, new, *lines, *holds, invoice, *charged, *attempt, *due)
    nudge(session, TOPIC)
    rows.known(session, Cart, {"id": cart.id, "order_id": order.id})
    return order


# An order's number is drawn as its cart is closed.
_ORDERED = text("UPDATE cart SET order_id = :order WHERE id = :cart RETURNING nextval('order_number')")


def _order(
    wish: Checkout,
    order_id: UUID,
    number: str,
    cart: Cart,
    customer_id: UUID,
    offer: Quote,
    address: dict[str, str],
    email: str,
    placed_at: datetime,
) -> Order:
    totals, chosen = offer.totals, offer.shipping
    assert chosen is not None
    return Order(
        id=order_id,
        number=number,
        customer_id=customer_id,
        cart_id=cart.id,
        status=OrderStatus.PLACED,
        email=email,
        phone=wish.phone.strip(),
        delivery_address=address,
        billing_address=address,
        currency=cart.currency,
        locale=wish.locale,
        goods=totals.goods,
        discount=totals.discount,
        shipping=totals.shipping,
        total=totals.total,
        taxes=[tax.facts() for tax in totals.taxes],
        shipping_code=chosen.code,
        shipping_name=catalogue.words(chosen, "name", wish.locale),
        payment_code=wish.payment,
        instructions=wish.instructions.replace("\x00", "").strip(),
        placed_at=placed_at,
    )


def _lines(wish: Checkout, order_id: UUID, offer: Quote) -> list[OrderLine]:
    totals = offer.totals
    return [
        OrderLine(
            order_id=order_id,
            position=position,
            sku_id=line.sku.id,
            sku_code=line.sku.code,
            name=catalogue.words(line.product, "name", wish.locale),
            detail=catalogue.label(line.product, line.sku, wish.locale),
            picture=line.sku.picture or line.product.picture,
            slug=line.product.slug,
            quantity=line.quantity,
            unit_price=line.sku.price,
            discount=off,
            total=total,
            tax_rate=rate,
        )
        for position, (line, total, off, rate) in enumerate(
            zip(offer.lines, totals.lines, totals.discounts, offer.rates, strict=True), start=1
        )
    ]
