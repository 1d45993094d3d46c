import pytest
from sqlalchemy import select

from core.database import Database
from estore import demo, invoices, orders
from estore.goods import Stock
from tests.estore.shopping import place
from tests.portal.api.conftest import Program


@pytest.fixture
async def bought(database: Database) -> str:
    """An order of two bags of beans to be paid by bank transfer, its invoice finalised; its id."""
    async with database.transaction() as session:
        await demo.load(session)
        order = await place(session, "DAW-250", quantity=2, payment="bank_transfer")
        shown = await orders.details(session, order)
        assert shown.invoice is not None
        await invoices.finalise(session, shown.invoice.id)
        return str(order.id)


async def test_products_show_what_can_be_bought(program: Program, bought: str) -> None:
    reader = await program("catalogue:read")
    met = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await reader.get("/api/v1/products", params={"limit": 20, "cursor": cursor})).json()
        met += page["data"]
        cursor = page["next_cursor"]
    assert len({one["id"] for one in met}) == len(met) > 40
    sku = next(sku for one in met for sku in one["skus"] if sku["code"] == "DAW-250")
    assert (sku["reserved"], sku["currency"]) == (2, "EUR")
    one = (await reader.get(f"/api/v1/products/{met[0]['id']}")).json()
    assert one == met[0]
    found = (await reader.get("/api/v1/products", params={"code": "DAW-250"})).json()["data"]
    assert [product["id"] for product in found] == [
        product["id"] for product in met if sku in product["skus"]
    ]


async def test_prices_words_and_stock_change(program: Program, bought: str, database: Database) -> None:
    both = await program()
    assert (await both.put("/api/v1/skus/DAW-250/price", json={"price": 1290})).json()["price"] == 1290
    assert (await both.put("/api/v1/skus/DAW-250/stock", json={"on_hand": 7})).json()["on_hand"] == 7
    refused = await both.put("/api/v1/skus/DAW-250/stock", json={"on_hand": 1})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/on_hand")
    async with database.transaction() as session:
        stands = select(Stock.on_hand).where(Stock.sku_id == demo.demo_id("sku", "DAW-250"))
        assert await session.scalar(stands) == 7
    product = (await both.get("/api/v1/products", params={"limit": 1})).json()["data"][0]
    path = f"/api/v1/products/{product['id']}"
    changed = (await both.patch(path, json={"tagline": "New words", "active": False})).json()
    assert changed == {**product, "tagline": "New words", "active": False}
    assert (await both.put("/api/v1/skus/NOTHING/price", json={"price": 1})).status_code == 404


async def test_an_order_walks_its_steps_and_cannot_skip_one(program: Program, bought: str) -> None:
    both = await program()
    path = f"/api/v1/orders/{bought}"
    shown = (await both.get(path, params={"expand": "lines"})).json()
    assert shown["status"] == "placed"
    assert [(line["sku_code"], line["quantity"]) for line in shown["lines"]] == [("DAW-250", 2)]
    assert shown["total"] == shown["goods"] - shown["discount"] + shown["shipping"]
    early = await both.post(f"{path}/steps", json={"status": "shipped", "carrier": "DHL"})
    assert (early.status_code, (await both.get(path)).json()["status"]) == (409, "placed")

    invoice = (await both.get("/api/v1/invoices", params={"order_id": bought})).json()["data"][0]
    assert (invoice["status"], invoice["total"]) == ("open", shown["total"])
    pdf = await both.get(f"/api/v1/invoices/{invoice['id']}/pdf")
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    payment = (await both.get("/api/v1/payments", params={"invoice_id": invoice["id"]})).json()["data"][0]
    assert (payment["status"], payment["amount"]) == ("pending", shown["total"])
    receipt = await both.post(f"/api/v1/payments/{payment['id']}/receipt", json={"amount": shown["total"]})
    assert receipt.json()["status"] == "succeeded"
    assert (await both.get(f"/api/v1/invoices/{invoice['id']}")).json()["status"] == "paid"

    statuses = [(await both.get(path)).json()["status"]]
    for step in ({"status": "packed"}, {"status": "shipped", "carrier": "DHL"}, {"status": "delivered"}):
        answer = await both.post(f"{path}/steps", json=step)
        statuses.append(answer.json()["status"])
    assert statuses == ["paid", "packed", "shipped", "delivered"]
    late = await both.post(f"{path}/cancellation", json={})
    assert (late.status_code, (await both.get(path)).json()["status"]) == (409, "delivered")


async def test_a_cancelled_order_gives_its_goods_back(
    program: Program, bought: str, database: Database
) -> None:
    both = await program()
    answer = await both.post(f"/api/v1/orders/{bought}/cancellation", json={"reason": "By mistake"})
    assert (answer.json()["status"], answer.json()["cancel_reason"]) == ("cancelled", "By mistake")
    assert (await both.get("/api/v1/invoices", params={"status": "open"})).json()["data"] == []
    async with database.transaction() as session:
        stands = select(Stock.reserved).where(Stock.sku_id == demo.demo_id("sku", "DAW-250"))
        assert await session.scalar(stands) == 0
