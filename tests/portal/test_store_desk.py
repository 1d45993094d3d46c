"""The store's side of the desk: who may, what it shows, what it does."""

import pytest
from litestar import Litestar
from sqlalchemy import func, select

from core.database import Database
from estore import checkout, demo, invoices, orders, reviews, tasks
from estore.books import MoneyTask, Refund
from estore.goods import Product, Sku, Stock
from estore.models import Order, OrderStatus
from tests.estore.shopping import fill, place, wish
from tests.portal.conftest import Browser, links

DAWN = demo.demo_id("sku", "DAW-250")
SOLD = {"choice": "Size: 250 g", "active": "on"}


@pytest.fixture
async def shop(app: Litestar) -> Database:
    database: Database = app.state.database
    async with database.transaction() as session:
        await demo.load(session)
    return database


async def ordered(shop: Database, payment: str = "bank_transfer") -> Order:
    async with shop.transaction() as session:
        order = await checkout.place(session, wish(await fill(session, "DAW-250"), payment=payment))
        invoice = (await orders.details(session, order)).invoice
        assert invoice is not None
        await invoices.finalise(session, invoice.id)
    return order


async def test_only_the_store_s_people_enter(
    client: Browser, marketer_client: Browser, agent_client: Browser, shop: Database
) -> None:
    order = await ordered(shop)
    pages = ("/desk/store", "/desk/store/orders", f"/desk/store/orders/{order.number}", "/desk/money")
    for path in (*pages, "/desk/store/products/dawn-blend"):
        assert (await client.get(path)).status_code == 303, path
        assert (await marketer_client.get(path)).status_code == 403, path
        assert (await agent_client.get(path)).status_code == 200, path
    edited = await agent_client.submit("/desk/store/products/dawn-blend", {"name": "Mine"})
    assert edited.status_code == 403
    async with shop.transaction() as session:
        assert await session.scalar(select(Product.name).where(Product.slug == "dawn-blend")) == "Dawn blend"


async def test_an_order_goes_from_received_money_to_delivered(agent_client: Browser, shop: Database) -> None:
    order = await ordered(shop)
    here = f"/desk/store/orders/{order.number}"
    refused = await agent_client.submit(f"{here}/pack")
    assert refused.status_code == 409
    assert "not paid yet" in refused.text
    for act, form in (
        ("receive", {"amount": "13.80", "reason": "17"}),
        ("pack", {}),
        ("ship", {"carrier": "DHL", "tracking": "00340"}),
        ("deliver", {}),
    ):
        answer = await agent_client.submit(f"{here}/{act}", dict(form))
        assert answer.status_code == 303, answer.text
    async with shop.transaction() as session:
        assert (await session.get_one(Order, order.id)).status == "delivered"
    shown = await agent_client.get(here)
    assert "DHL 00340" in shown.text
    assert any(href.startswith("https://www.dhl.de/") and "00340" in href for href in links(shown))


async def test_money_that_does_not_fit_becomes_a_task_that_can_be_ticked_off(
    agent_client: Browser, shop: Database
) -> None:
    order = await ordered(shop)
    await agent_client.submit(f"/desk/store/orders/{order.number}/receive", {"amount": "13,70"})
    listed = await agent_client.get("/desk/money")
    assert "Another amount arrived than was asked for" in listed.text
    async with shop.transaction() as session:
        task = (await session.scalars(select(MoneyTask))).one()
        assert (await session.get_one(Order, order.id)).status == "placed"
    assert (await agent_client.submit(f"/desk/money/tasks/{task.id}/done")).status_code == 303
    async with shop.transaction() as session:
        assert await tasks.count_open(session) == 0


async def test_cancelling_a_transfer_that_was_paid_asks_for_the_money_to_be_sent_back(
    agent_client: Browser, shop: Database
) -> None:
    order = await ordered(shop)
    here = f"/desk/store/orders/{order.number}"
    await agent_client.submit(f"{here}/receive", {"amount": "13.80"})
    assert (await agent_client.submit(f"{here}/cancel", {"reason": "Sold twice."})).status_code == 303
    async with shop.transaction() as session:
        task = (await session.scalars(select(MoneyTask))).one()
        assert task.kind == "refund_by_transfer"
        for note in await invoices.of_order(session, order.id):
            await invoices.finalise(session, note.id)
    await agent_client.submit(f"/desk/money/tasks/{task.id}/done")
    async with shop.transaction() as session:
        assert (await session.scalars(select(Refund))).one().status == "succeeded"
        assert await session.scalar(select(func.count()).select_from(Refund)) == 1
    assert (await agent_client.get("/desk/money")).text.count("CN-") >= 1


async def test_a_merchandiser_changes_price_and_stock_but_not_below_what_is_promised(
    merchandiser_client: Browser, shop: Database
) -> None:
    await ordered(shop)
    here = "/desk/store/products/dawn-blend"
    wrong = await merchandiser_client.submit(f"{here}/skus/{DAWN}", {"price": "9.90", "on_hand": 0} | SOLD)
    assert wrong.status_code == 422
    async with shop.transaction() as session:
        assert (await session.get_one(Sku, DAWN)).price == 890
    assert (
        await merchandiser_client.submit(f"{here}/skus/{DAWN}", {"price": "x", "on_hand": 9} | SOLD)
    ).status_code == 422
    right = await merchandiser_client.submit(f"{here}/skus/{DAWN}", {"price": "9,90", "on_hand": 7} | SOLD)
    assert right.status_code == 303
    elsewhere = f"/desk/store/products/descaler/skus/{DAWN}"
    assert (await merchandiser_client.submit(elsewhere, {"price": "1", "on_hand": 1})).status_code == 404
    async with shop.transaction() as session:
        assert (await session.get_one(Sku, DAWN)).price == 990
        assert (await session.get_one(Stock, DAWN)).on_hand == 7


async def test_a_review_is_hidden_by_one_press_and_shown_again_by_another(
    merchandiser_client: Browser, client: Browser, shop: Database
) -> None:
    async with shop.transaction() as session:
        order = await place(session, payment="invoice", company="Berg & Co")
        for step in (OrderStatus.PACKED, OrderStatus.SHIPPED, OrderStatus.DELIVERED):
            await orders.advance(session, order.id, step, carrier="DHL")
        review = await reviews.write(session, order.customer_id, "dawn-blend", 2, "My neighbour is a thief.")
    here, shown = "/desk/store/reviews", "/p/dawn-blend/reviews"
    assert "My neighbour is a thief." in (await client.get(shown)).text
    assert "My neighbour is a thief." in (await merchandiser_client.get(f"{here}?show=waiting")).text
    hidden = await merchandiser_client.submit(f"{here}/{review.id}/hidden?show=waiting")
    assert hidden.status_code == 303
    assert "My neighbour is a thief." not in (await client.get(shown)).text
    told = await merchandiser_client.get(hidden.headers["location"])
    assert "Hidden from the store: the review of Ann B." in told.text
    assert "My neighbour is a thief." not in told.text
    (undo,) = [href for href in links(told) if str(review.id) in href]
    assert undo == f"{here}/{review.id}/waiting?show=waiting"
    assert (await merchandiser_client.submit(undo)).status_code == 303
    assert "My neighbour is a thief." in (await client.get(shown)).text
    # What is not for strangers, or is nothing, changes nothing.
    assert (await client.submit(f"{here}/{review.id}/hidden")).status_code == 303
    assert (await merchandiser_client.submit(f"{here}/{review.id}/gone")).status_code == 404
    assert "My neighbour is a thief." in (await client.get(shown)).text
    line = await merchandiser_client.get(f"/desk/customers/{order.customer_id}")
    assert "/desk/store/products/dawn-blend" in links(line)


async def test_a_price_is_reduced_at_the_desk_with_what_it_was(
    merchandiser_client: Browser, shop: Database
) -> None:
    here = "/desk/store/products/dawn-blend"
    given = {"price": "8.00", "on_hand": "50", "regular": "9,50"} | SOLD
    assert (await merchandiser_client.submit(f"{here}/skus/{DAWN}", given)).status_code == 303
    async with shop.transaction() as session:
        sku = await session.get_one(Sku, DAWN)
        assert (sku.price, sku.regular_price) == (800, 950)
    shown = (await merchandiser_client.get(here)).text
    assert "Lowest price in the 30 days before:" in shown
    refused = await merchandiser_client.submit(f"{here}/skus/{DAWN}", given | {"regular": "7"})
    assert refused.status_code == 422
    assert "Enter more than it costs now, or nothing." in refused.text


async def test_money_and_payments_lead_to_each_other(agent_client: Browser, shop: Database) -> None:
    for path in ("/desk/money", "/desk/money/payments"):
        assert {"/desk/money", "/desk/money/payments"} <= set(links(await agent_client.get(path)))


NEW = {
    "name": "Kvern Reise", "category": "grinders", "tax_category": "standard", "tagline": "Grinds on the road",
    "code": "REISE-BLK", "price": "99,50", "on_hand": "7", "weight": "480", "choice": "Colour: Black", "active": "on",
}  # fmt: skip


async def test_a_product_is_entered_at_the_desk_and_sold_in_the_store(
    client: Browser, merchandiser_client: Browser, shop: Database
) -> None:
    made = await merchandiser_client.submit("/desk/store/new", NEW)
    assert (made.status_code, made.headers["location"]) == (303, "/desk/store/products/kvern-reise")
    here = "/desk/store/products/kvern-reise"
    red = {"code": "REISE-RED", "price": "109", "choice": "Colour: Red"}
    assert (await merchandiser_client.submit(f"{here}/skus", red)).status_code == 303
    assert "REISE-RED" in (await merchandiser_client.get(here)).text
    page = await client.get("/p/kvern-reise")
    assert "Grinds on the road" in page.text
    assert "pictures/products/plain" in page.text
    async with shop.transaction() as session:
        skus = list(
            await session.scalars(select(Sku).where(Sku.code.startswith("REISE-")).order_by(Sku.position))
        )
        assert [(one.code, one.price, one.weight, one.options) for one in skus] == [
            ("REISE-BLK", 9950, 480, {"Colour": "Black"}),
            ("REISE-RED", 10900, 0, {"Colour": "Red"}),
        ]
        assert (await session.get_one(Stock, skus[0].id)).on_hand == 7
    form = {"price": "109.00", "on_hand": "0", "choice": "Colour: Crimson"}
    assert (await merchandiser_client.submit(f"{here}/skus/{skus[1].id}", form)).status_code == 303
    same = await merchandiser_client.submit(f"{here}/skus/{skus[1].id}", form | {"choice": "Colour: Black"})
    assert (same.status_code, "is the same choice" in same.text) == (422, True)
    async with shop.transaction() as session:
        crimson = await session.get_one(Sku, skus[1].id)
        assert (crimson.active, crimson.options) == (False, {"Colour": "Crimson"})


async def test_a_product_that_cannot_be_entered_keeps_what_was_typed(
    merchandiser_client: Browser, agent_client: Browser, shop: Database
) -> None:
    async def kept() -> int:
        async with shop.transaction() as session:
            return await session.scalar(select(func.count()).select_from(Sku)) or 0

    before = await kept()
    for wrong, sentence in (
        ({"code": "DAW-250"}, "Another article has this number."),
        ({"code": "no spaces"}, "Up to 40 letters"),
        ({"price": "dear"}, "Enter an amount like 12.50."),
        ({"on_hand": "-3"}, "Enter a whole number"),
        ({"choice": "Black"}, "Write it like"),
        ({"category": "cars"}, "Choose one of the categories."),
    ):
        refused = await merchandiser_client.submit("/desk/store/new", NEW | wrong)
        assert (refused.status_code, sentence in refused.text) == (422, True), wrong
        assert "Grinds on the road" in refused.text
    same = await merchandiser_client.submit(
        "/desk/store/products/dawn-blend/skus", {"code": "DAW-2", "price": "1", "choice": "Colour: Red"}
    )
    assert (same.status_code, "same things to choose" in same.text, "DAW-2" in same.text) == (422, True, True)
    for path in ("/desk/store/new", "/desk/store/products/dawn-blend/skus"):
        assert (await agent_client.submit(path, NEW)).status_code == 403
    assert (await agent_client.get("/desk/store/new")).status_code == 403
    assert "/desk/store/new" not in (await agent_client.get("/desk/store")).text
    assert "/desk/store/new" in (await merchandiser_client.get("/desk/store")).text
    assert await kept() == before
