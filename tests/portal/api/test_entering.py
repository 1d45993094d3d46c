"""What programs bring in: products, and orders that somebody gave elsewhere."""

from typing import Any

import pytest
from sqlalchemy import func, select

from core.database import Database
from customers import identities
from customers.models import Customer, TimelineEntry
from estore import demo
from estore.goods import Product, Sku, Stock
from estore.models import Cart, Order
from tests.portal.api.conftest import Program

GRINDER: dict[str, Any] = {
    "name": "Kvern Reise",
    "category": "grinders",
    "tagline": "Grinds on the road",
    "specification": [{"label": "Burrs", "value": "38 mm"}],
    "skus": [
        {"code": "REISE-BLK", "price": 9900, "options": {"Colour": "Black"}, "weight": 480, "on_hand": 7},
        {"code": "REISE-RED", "price": 10900, "options": {"Colour": "Red"}},
    ],
}
ADDRESS = {
    "name": "Lena Hoffmann", "street": "Sonnenallee 177", "postcode": "12059", "city": "Berlin", "country": "DE",
}  # fmt: skip
TELEPHONED: dict[str, Any] = {
    "email": "lena.hoffmann@post.test",
    "address": ADDRESS,
    "lines": [{"sku": "DAW-250", "quantity": 2}, {"sku": "DAW-250"}],
    "shipping": "standard",
    "payment": "bank_transfer",
}


@pytest.fixture
async def shop(database: Database) -> None:
    async with database.transaction() as session:
        await demo.load(session)


async def _count(database: Database, *models: type[Any]) -> list[int]:
    async with database.transaction() as session:
        return [await session.scalar(select(func.count()).select_from(model)) or 0 for model in models]


def _faults(answer: Any) -> dict[str, str]:
    return {fault["pointer"]: fault["detail"] for fault in answer.json()["errors"]}


async def test_a_product_is_taken_into_the_catalogue_and_found_in_the_store(
    program: Program, shop: None
) -> None:
    both = await program()
    made = await both.post("/api/v1/products", json=GRINDER, headers={"idempotency-key": "reise"})
    again = await both.post("/api/v1/products", json=GRINDER, headers={"idempotency-key": "reise"})
    assert (made.status_code, again.json()) == (201, made.json())
    product = made.json()
    assert (product["slug"], product["category"], product["active"]) == ("kvern-reise", "grinders", True)
    assert product["specification"] == [{"label": "Burrs", "value": "38 mm"}]
    assert [(sku["code"], sku["price"], sku["on_hand"], sku["weight"]) for sku in product["skus"]] == [
        ("REISE-BLK", 9900, 7, 480),
        ("REISE-RED", 10900, 0, 0),
    ]
    assert (await both.get(f"/api/v1/products/{product['id']}")).json() == product
    page = await both.get("/p/kvern-reise", headers={"authorization": ""})
    assert (page.status_code, "Grinds on the road" in page.text) == (200, True)
    found = await both.get("/search", params={"q": "kvern reise"}, headers={"authorization": ""})
    assert "/p/kvern-reise" in found.text

    path = f"/api/v1/products/{product['id']}/skus"
    more = await both.post(path, json={"code": "REISE-OAK", "price": 12900, "options": {"Colour": "Oak"}})
    assert (more.status_code, more.json()["code"]) == (201, "REISE-OAK")
    same = await both.post(path, json={"code": "REISE-2", "price": 1, "options": {"Colour": "Oak"}})
    assert (same.status_code, list(_faults(same))) == (422, ["/options"])
    other = await both.post(path, json={"code": "REISE-2", "price": 1, "options": {"Size": "Large"}})
    assert (other.status_code, list(_faults(other))) == (422, ["/options"])
    renamed = await both.patch("/api/v1/skus/REISE-OAK", json={"options": {"Colour": "Ash"}})
    assert renamed.json() == more.json() | {"options": {"Colour": "Ash"}}
    taken = await both.patch("/api/v1/skus/REISE-OAK", json={"options": {"Colour": "Red"}, "active": False})
    assert (taken.status_code, list(_faults(taken))) == (422, ["/options"])
    assert (await both.get("/api/v1/skus/REISE-OAK")).json() == renamed.json()
    second = await both.post("/api/v1/products", json=GRINDER | {"skus": [{"code": "R-2", "price": 1}]})
    assert second.json()["slug"] == "kvern-reise-2"


async def test_a_product_that_is_wrong_is_refused_with_every_fault_and_leaves_nothing(
    program: Program, shop: None, database: Database
) -> None:
    both = await program()
    before = await _count(database, Product, Sku, Stock)
    wrong = GRINDER | {
        "category": "cars",
        "slug": "aurora-espresso-machine",
        "tax_category": "luxury",
        "skus": [
            {"code": "DAW-250", "price": 9900, "options": {"Colour": "Black"}},
            {"code": "REISE-RED", "price": 9900},
            {"code": "REISE-RED", "price": 9900, "options": {"Colour": "Red"}},
        ],
    }
    refused = await both.post("/api/v1/products", json=wrong)
    assert refused.status_code == 422
    assert _faults(refused) == {
        "/category": "Choose one of the categories.",
        "/slug": "Another product has this address.",
        "/tax_category": "VAT is not known for goods of this kind.",
        "/skus/0/code": "Another article has this number.",
        "/skus/1/options": "All articles of a product offer the same things to choose.",
        "/skus/2/code": "Another article has this number.",
    }
    misshapen = await both.post("/api/v1/products", json=GRINDER | {"skus": []})
    assert misshapen.status_code == 400
    reader = await program("catalogue:read")
    assert (await reader.post("/api/v1/products", json=GRINDER)).status_code == 403
    assert await _count(database, Product, Sku, Stock) == before


async def test_a_price_is_reduced_and_a_stale_price_or_count_changes_nothing(
    program: Program, shop: None
) -> None:
    both = await program()
    read = await both.get("/api/v1/skus/DAW-250")
    etag, price = read.headers["etag"], read.json()["price"]
    reduced = await both.put(
        "/api/v1/skus/DAW-250/price",
        json={"price": price - 100, "regular_price": price},
        headers={"if-match": etag},
    )
    assert (reduced.json()["price"], reduced.json()["regular_price"]) == (price - 100, price)
    for place, body in (("price", {"price": 1}), ("stock", {"on_hand": 1})):
        stale = await both.put(f"/api/v1/skus/DAW-250/{place}", json=body, headers={"if-match": etag})
        assert stale.status_code == 412
    assert (await both.get("/api/v1/skus/DAW-250")).json() == reduced.json()
    lower = await both.put("/api/v1/skus/DAW-250/price", json={"price": price - 200})
    assert lower.json()["regular_price"] == price
    over = await both.put("/api/v1/skus/DAW-250/price", json={"price": price - 200, "regular_price": None})
    assert over.json()["regular_price"] is None
    upside_down = await both.put(
        "/api/v1/skus/DAW-250/price", json={"price": price, "regular_price": price - 1}
    )
    assert upside_down.status_code == 422
    off = await both.patch("/api/v1/skus/DAW-250", json={"active": False})
    assert (off.json()["active"], (await both.get("/api/v1/skus/DAW-250")).json()) == (False, off.json())
    assert (await both.get("/api/v1/skus/NOTHING")).status_code == 404


async def test_an_order_given_on_the_telephone_holds_goods_and_waits_for_its_money(
    program: Program, shop: None, database: Database
) -> None:
    both = await program()
    async with database.transaction() as session:
        lena = await identities.resolve(
            session, identities.email("lena@work.test"), proven=False, source="api"
        )
    wish = TELEPHONED | {"customer_id": str(lena), "email": ""}
    placed = await both.post("/api/v1/orders", json=wish, headers={"idempotency-key": "call-1"})
    again = await both.post("/api/v1/orders", json=wish, headers={"idempotency-key": "call-1"})
    order = placed.json()
    assert (placed.status_code, again.json()) == (201, order)
    assert (order["status"], order["email"], order["customer_id"]) == ("placed", "lena@work.test", str(lena))
    assert [(line["sku_code"], line["quantity"]) for line in order["lines"]] == [("DAW-250", 3)]
    assert order["delivery_address"] == ADDRESS | {"company": ""}
    assert (await both.get("/api/v1/skus/DAW-250")).json()["reserved"] == 3
    assert await _count(database, Order) == [1]
    async with database.transaction() as session:
        kinds = select(TimelineEntry.kind).where(TimelineEntry.customer_id == lena)
        assert "order.placed" in set(await session.scalars(kinds))


async def test_an_order_that_cannot_be_is_refused_and_nothing_is_held(
    program: Program, shop: None, database: Database
) -> None:
    both = await program()
    before = await _count(database, Order, Cart, Customer)

    async def refused(**changes: object) -> tuple[int, dict[str, str]]:
        answer = await both.post("/api/v1/orders", json=TELEPHONED | changes)
        problem = answer.json()
        return answer.status_code, {one["pointer"]: one["detail"] for one in problem.get("errors", ())}

    lines = [{"sku": "NOTHING"}, {"sku": "DAW-250", "quantity": 99}, {"sku": "DAW-250"}]
    assert await refused(lines=lines) == (
        422,
        {"/lines/0/sku": "We do not sell that.", "/lines/2/quantity": "At most 99 of one thing."},
    )
    assert (await both.put("/api/v1/skus/DAW-250/stock", json={"on_hand": 5})).status_code == 200
    assert await refused(lines=[{"sku": "DAW-250", "quantity": 6}]) == (409, {})
    assert await refused(expected_total=1) == (409, {})
    assert list((await refused(email="nobody"))[1]) == ["/email"]
    assert list((await refused(shipping="pigeon"))[1]) == ["/shipping"]
    assert list((await refused(payment="gold"))[1]) == ["/payment"]
    assert list((await refused(payment="invoice"))[1]) == ["/address/company"]
    assert (await refused(customer_id="019b2c4e-7a10-7c3e-9f00-000000000001"))[0] == 404
    assert list((await refused(address=ADDRESS | {"postcode": "1"}))[1]) == ["/address/postcode"]
    assert (await refused(address=ADDRESS | {"country": "Germany"}))[0] == 400
    assert await _count(database, Order, Cart, Customer) == before
    assert (await both.get("/api/v1/skus/DAW-250")).json()["reserved"] == 0
