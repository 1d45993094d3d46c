"""Placing an order: everything or nothing."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, Invalid
from core.jobs import JobRow
from customers import consent, identities, timeline
from customers.models import ConsentRecord, Identity
from estore import carts, checkout, demo, orders, stock
from estore.books import Invoice, Payment
from estore.goods import Stock
from estore.models import Cart, HoldStatus, Order, StockHold
from tests.estore.conftest import Buy
from tests.estore.shopping import fill, place, wish

DAWN = demo.demo_id("sku", "DAW-250")


async def test_a_guest_places_an_order_and_everything_that_belongs_to_it_is_there(shop: AsyncSession) -> None:
    order = await place(shop, "DAW-250", "FJE-BK", quantity=2)
    shown = await orders.details(shop, order)
    assert (order.status, order.goods, order.shipping, order.total) == ("placed", 19580, 0, 19580)
    assert [(line.sku_code, line.quantity, line.total) for line in shown.lines] == [
        ("DAW-250", 2, 1780),
        ("FJE-BK", 2, 17800),
    ]
    assert [(tax["rate"], tax["gross"], tax["tax"]) for tax in order.taxes] == [
        ("0.19", 17800, 2842),
        ("0.07", 1780, 116),
    ]
    assert shown.invoice is not None
    assert (shown.invoice.status, shown.invoice.number, shown.invoice.total) == ("draft", None, 19580)
    assert shown.payment is not None
    assert (shown.payment.status, shown.payment.amount, shown.payment.kind) == ("pending", 19580, "card")
    held = (await shop.scalars(select(StockHold).where(StockHold.order_id == order.id))).all()
    assert sorted((hold.quantity, hold.status) for hold in held) == [
        (2, HoldStatus.HELD),
        (2, HoldStatus.HELD),
    ]
    assert await stock.available(shop, DAWN) == 178
    kinds = [entry.kind for entry in await timeline.history(shop, order.customer_id)]
    assert kinds == ["order.placed"]
    tags = set(await shop.scalars(select(JobRow.tag)))
    assert {"estore.issue_invoice", "estore.expire_hold"} <= tags


async def test_shipping_is_charged_below_the_free_limit_and_taxed_with_the_goods(shop: AsyncSession) -> None:
    order = await place(shop, "DAW-250")
    assert (order.goods, order.shipping, order.total) == (890, 490, 1380)
    assert order.taxes == [{"rate": "0.07", "net": 1290, "tax": 90, "gross": 1380}]


async def test_a_typed_address_is_a_claim_and_never_the_verified_owner(shop: AsyncSession) -> None:
    owner = await identities.verify(shop, identities.email("ann@example.com"), by="link")
    order = await place(shop)
    assert order.customer_id != owner
    verified = await shop.scalar(
        select(Identity.verified_at).where(Identity.customer_id == order.customer_id)
    )
    assert verified is None


async def test_the_same_cart_sent_twice_makes_one_order(shop: AsyncSession) -> None:
    cart_id = await fill(shop, "DAW-250")
    first = await checkout.place(shop, wish(cart_id))
    second = await checkout.place(shop, wish(cart_id))
    assert first.id == second.id
    assert await shop.scalar(select(func.count()).select_from(Order)) == 1
    assert await stock.available(shop, DAWN) == 179


async def test_every_wrong_field_is_named_at_once_and_nothing_is_ordered(shop: AsyncSession) -> None:
    cart_id = await fill(shop, "DAW-250")
    with pytest.raises(Invalid) as caught:
        await checkout.place(shop, wish(cart_id, email="nobody", name="", phone="x", postcode="1" * 13))
    assert sorted(caught.value.fields) == ["email", "name", "phone", "postcode"]
    assert await shop.scalar(select(func.count()).select_from(Order)) == 0
    assert await stock.available(shop, DAWN) == 180


async def test_a_price_that_changed_meanwhile_is_said_before_anything_is_ordered(shop: AsyncSession) -> None:
    cart_id = await fill(shop, "DAW-250")
    with pytest.raises(Conflict, match=r"the total is now €13\.80"):
        await checkout.place(shop, wish(cart_id, expected_total=1379))
    assert await shop.scalar(select(func.count()).select_from(Order)) == 0


async def test_a_total_that_the_persons_own_choice_made_is_asked_about_and_no_price_blamed(
    shop: AsyncSession,
) -> None:
    cart_id = await fill(shop, "DAW-250")
    seen = {"expected_total": 1380, "expected_shipping": "standard", "expected_country": "DE"}
    with pytest.raises(checkout.Unconfirmed, match=r"With “Express delivery” the total is €21\.80"):
        await checkout.place(shop, wish(cart_id, shipping="express", **seen))
    with pytest.raises(checkout.Unconfirmed, match="Sent to the country that you chose"):
        await checkout.place(shop, wish(cart_id, shipping="europe", country="AT", postcode="1010", **seen))
    with pytest.raises(Conflict, match="A price has changed") as caught:
        await checkout.place(shop, wish(cart_id, shipping="express", **seen | {"expected_total": 1379}))
    assert not isinstance(caught.value, checkout.Unconfirmed)
    assert await shop.scalar(select(func.count()).select_from(Order)) == 0


async def test_more_than_is_left_is_refused_with_the_number_that_is_left(shop: AsyncSession) -> None:
    cart_id = await fill(shop, "SKO-RU", quantity=5)
    with pytest.raises(stock.SoldOut, match="Only 4 of Skog pour-over set are left") as caught:
        async with shop.begin_nested():
            await checkout.place(shop, wish(cart_id))
    assert caught.value.available == 4
    cart = await shop.get_one(Cart, cart_id, populate_existing=True)
    assert cart.order_id is None
    assert await shop.scalar(select(func.count()).select_from(Invoice)) == 0
    assert await shop.scalar(select(func.count()).select_from(Payment)) == 0


async def test_goods_on_account_are_for_companies(shop: AsyncSession) -> None:
    cart_id = await fill(shop, "KON-40")
    with pytest.raises(Invalid) as caught:
        await checkout.place(shop, wish(cart_id, payment="invoice"))
    assert list(caught.value.fields) == ["company"]
    order = await checkout.place(shop, wish(cart_id, payment="invoice", company="Berg AG"))
    assert await stock.held_until(shop, order.id) is None


async def test_a_way_to_ship_must_reach_the_country(shop: AsyncSession) -> None:
    cart_id = await fill(shop, "DAW-250")
    with pytest.raises(Invalid) as caught:
        await checkout.place(shop, wish(cart_id, country="AT", postcode="1010"))
    assert list(caught.value.fields) == ["shipping"]
    order = await checkout.place(shop, wish(cart_id, country="AT", postcode="1010", shipping="europe"))
    assert order.taxes[0]["rate"] == "0.1"


async def test_news_is_wanted_only_by_those_who_ticked_it_in_these_words(shop: AsyncSession) -> None:
    await place(shop)
    assert await shop.scalar(select(func.count()).select_from(ConsentRecord)) == 0
    order = await place(shop, news_wording="Send me news by e-mail.")
    record = (await shop.scalars(select(ConsentRecord))).one()
    assert (
        record.customer_id,
        record.channel,
        record.topic,
        record.granted,
        record.source,
        record.wording,
    ) == (
        order.customer_id,
        "email",
        consent.NEWS,
        True,
        "checkout",
        "Send me news by e-mail.",
    )
    # A guest's yes waits until the address is proven.
    asked = consent.Recipient(order.customer_id, "email", record.address)
    assert not (await consent.may_contact(shop, asked, "marketing")).allowed
    await identities.verify(shop, identities.email(record.address), by="code")
    assert (await consent.may_contact(shop, asked, "marketing")).allowed


async def test_a_cart_joins_the_one_left_behind_and_nothing_is_dropped(buy: Buy, shop: AsyncSession) -> None:
    customer_id = await identities.verify(shop, identities.email("ann@example.com"), by="link")
    older, _ = await carts.adopt(shop, await fill(shop, "DAW-250", quantity=3), customer_id)
    newer, joined = await carts.adopt(shop, await fill(shop, "DAW-250", "FJE-BK"), customer_id)
    assert older is not None
    assert newer is not None
    assert joined == 1
    assert {line.sku.code: line.quantity for line in await carts.lines(shop, newer)} == {
        "DAW-250": 3,
        "FJE-BK": 1,
    }
    assert await carts.open_cart(shop, older.id, customer_id) is None


async def test_a_cart_of_someone_signed_in_is_closed_to_everyone_else(shop: AsyncSession) -> None:
    customer_id = await identities.verify(shop, identities.email("ann@example.com"), by="link")
    cart, _ = await carts.adopt(shop, await fill(shop, "DAW-250"), customer_id)
    assert cart is not None
    assert await carts.open_cart(shop, cart.id, None) is None
    other = await identities.verify(shop, identities.email("bob@example.com"), by="link")
    assert await carts.open_cart(shop, cart.id, other) is None
    assert (await carts.open_cart(shop, cart.id, customer_id)) is cart


async def test_loading_the_demo_again_changes_nothing(shop: AsyncSession) -> None:
    await place(shop, "DAW-250", quantity=7)
    await demo.load(shop)
    kept = await shop.get_one(Stock, DAWN, populate_existing=True)
    assert (kept.on_hand, kept.reserved) == (180, 7)
