"""How the store sells, at the desk: categories, VAT, deliveries and ways to pay, and what customers see of it."""

import re
from datetime import date, timedelta

import pytest
from litestar import Litestar

from core.database import Database
from estore import catalogue, deliveries, demo, invoices, orders, ways
from estore.goods import Product
from tests.estore.photographs import photograph
from tests.estore.shopping import place
from tests.portal.conftest import Browser

SHELVES = "/desk/store/categories"
GRINDERS = demo.demo_id("category", "grinders")


@pytest.fixture
async def shop(app: Litestar) -> Database:
    database: Database = app.state.database
    async with database.transaction() as session:
        await demo.load(session)
    return database


async def test_only_whom_it_concerns_changes_how_the_store_sells(
    client: Browser, agent_client: Browser, merchandiser_client: Browser, shop: Database
) -> None:
    for path in (SHELVES, "/desk/store/taxes", "/desk/store/delivery", "/desk/store/delivery/standard"):
        assert (await client.get(path)).status_code == 303, path
        assert (await agent_client.get(path)).status_code == 403, path
        assert (await merchandiser_client.get(path)).status_code == 200, path
    # Whose account it is that money goes to is for an admin alone.
    for path in ("/desk/settings/payment-methods/bank_transfer", "/desk/settings"):
        assert (await merchandiser_client.get(path)).status_code == 403, path
    refused = await merchandiser_client.submit(
        "/desk/settings/payment-methods/bank_transfer/words", {"name": "Mine"}
    )
    assert refused.status_code == 403
    assert (await agent_client.submit(SHELVES, {"name": "Mine"})).status_code == 403


async def test_a_category_goes_from_the_desk_to_the_store_and_leads_on_when_it_is_renamed(
    merchandiser_client: Browser, client: Browser, shop: Database
) -> None:
    desk = merchandiser_client
    made = await desk.submit(SHELVES, {"name": "Hand grinders", "parent": "grinders"})
    assert made.status_code == 303
    here = made.headers["location"]
    assert 'href="/c/hand-grinders"' in (await client.get("/c/grinders")).text
    assert 'href="/c/grinders"' in (await client.get("/c/hand-grinders")).text
    assert 'href="/c/hand-grinders"' not in (await client.get("/")).text
    said = {"name": "Hand mills", "slug": "hand-mills", "parent": "grinders", "name-de": "Handmühlen"}
    assert (await desk.submit(here, said)).status_code == 303
    led = await client.get("/c/hand-grinders?sort=price")
    assert (led.status_code, led.headers["location"]) == (301, "/c/hand-mills?sort=price")
    assert "Handmühlen" in (await client.get("/c/hand-mills?lang=de")).text
    taken = await desk.submit(here, said | {"slug": "beans"})
    assert taken.status_code == 422
    assert "Another category has this address." in taken.text
    pictured = await desk.submit(
        f"{SHELVES}/{GRINDERS}/picture", files={"files": ("x", photograph(), "text/html")}
    )
    assert pictured.status_code == 303
    shown = re.compile(r'src="/pictures/[0-9a-f]{32}-400\.webp"')
    assert shown.search((await client.get("/")).text)
    # Nothing chosen takes nothing away.
    nothing = await desk.submit(f"{SHELVES}/{GRINDERS}/picture")
    assert nothing.status_code == 422
    assert "Choose a picture." in nothing.text
    assert shown.search((await client.get("/")).text)
    assert (await desk.submit(f"{SHELVES}/{GRINDERS}/picture", {"remove": "yes"})).status_code == 303
    assert not shown.search((await client.get("/")).text)
    off = await desk.submit(f"{here}/retire", {"to": "grinders"})
    assert off.status_code == 303
    assert f"{here}/restore" in (await desk.get(off.headers["location"])).text
    assert (await client.get("/c/hand-mills")).headers["location"] == "/c/grinders"
    assert (await client.get("/c/hand-grinders")).headers["location"] == "/c/grinders"
    assert (await desk.submit(f"{here}/restore")).status_code == 303
    assert (await client.get("/c/hand-mills")).status_code == 200
    assert (await client.get("/c/nothing")).status_code == 404


async def test_a_rate_of_vat_is_entered_from_a_day_on_and_taken_back_before_it(
    merchandiser_client: Browser, shop: Database
) -> None:
    coming = (date.today() + timedelta(days=40)).isoformat()
    rate = {"country": "DE", "category": "standard", "percent": "16,5", "valid_from": coming}
    assert (await merchandiser_client.submit("/desk/store/taxes", rate)).status_code == 303
    shown = (await merchandiser_client.get("/desk/store/taxes")).text
    assert "16.5 %" in shown
    assert "Take back" in shown
    past = await merchandiser_client.submit("/desk/store/taxes", rate | {"valid_from": "2020-01-01"})
    assert past.status_code == 422
    assert "what was sold before keeps its rate" in past.text
    for wrong in ({"percent": "much"}, {"valid_from": "tomorrow"}):
        assert (await merchandiser_client.submit("/desk/store/taxes", rate | wrong)).status_code == 422
    back = {"country": "DE", "category": "standard", "valid_from": coming}
    assert (await merchandiser_client.submit("/desk/store/taxes/withdraw", back)).status_code == 303
    assert "Take back" not in (await merchandiser_client.get("/desk/store/taxes")).text


async def test_a_delivery_is_entered_at_the_desk_and_offered_at_the_checkout(
    merchandiser_client: Browser, client: Browser, shop: Database
) -> None:
    way = {
        "name": "By bicycle", "promise": "This evening", "price": "6,90", "tiers": "50 = 2.90\n100 = 0",
        "countries": "de", "name-de": "Mit dem Rad", "tiers_by": "goods", "enabled": "on",
    }  # fmt: skip
    here = "/desk/store/delivery/new"
    wrong = await merchandiser_client.submit(here, way | {"tiers": "much", "countries": "Berlin"})
    assert wrong.status_code == 422
    assert "is no step" in wrong.text
    assert "By bicycle" in wrong.text
    assert (await merchandiser_client.submit(here, way)).status_code == 303
    async with shop.transaction() as session:
        method = await deliveries.find(session, "by-bicycle")
        assert (method.price, method.tiers, method.countries) == (690, [[5000, 290], [10_000, 0]], ["DE"])
    await client.submit("/cart/add", {"slug": "dawn-blend", "sku": "DAW-250"})
    checkout = (await client.get("/checkout")).text
    assert "By bicycle" in checkout
    assert "€6.90" in checkout
    kept = (await merchandiser_client.get("/desk/store/delivery/by-bicycle")).text
    assert "50.00 = 2.90" in kept
    off = {name: words for name, words in way.items() if name != "enabled"}
    assert (await merchandiser_client.submit("/desk/store/delivery/by-bicycle", off)).status_code == 303
    assert "By bicycle" not in (await client.get("/checkout")).text
    listed = (await merchandiser_client.get("/desk/store/delivery")).text
    assert "enabled" in listed


async def test_the_account_that_money_goes_to_is_changed_by_an_admin(
    admin_client: Browser, shop: Database
) -> None:
    here = "/desk/settings/payment-methods/bank_transfer"
    bank = {
        "name": "Transfer",
        "account_holder": "Halden GmbH",
        "iban": "HU42117730161111101800000000",
        "days_to_pay": "5",
    }
    wrong = await admin_client.submit(f"{here}/words", bank | {"iban": "HU43117730161111101800000000"})
    assert wrong.status_code == 422
    assert "no valid IBAN" in wrong.text
    assert (await admin_client.submit(f"{here}/words", bank)).status_code == 303
    async with shop.transaction() as session:
        method = await ways.find(session, "bank_transfer")
        assert (method.instructions["iban"], method.days_to_pay) == (bank["iban"], 5)
    assert "Transfer" in (await admin_client.get("/desk/settings")).text
    new = {"name": "At the counter", "kind": "later", "name-de": "An der Theke"}
    assert (await admin_client.submit("/desk/settings/payment-methods/new/words", new)).status_code == 303
    assert (await admin_client.get("/desk/settings/payment-methods/at-the-counter")).status_code == 200


async def test_who_sells_is_said_at_the_desk_and_stands_on_the_next_invoice(
    admin_client: Browser, merchandiser_client: Browser, shop: Database
) -> None:
    here = "/desk/settings/company"
    assert (await merchandiser_client.get(here)).status_code == 403
    facts = {
        "name": "Halden AG", "street": "Am Kai 1", "postcode": "20457", "city": "Hamburg", "country": "de",
        "country_name": "Germany", "vat_id": "VAT ID DE 811 907 980", "time_zone": "Europe/Berlin",
    }  # fmt: skip
    wrong = await admin_client.submit(here, facts | {"street": "", "country": "Germany", "time_zone": "Here"})
    assert wrong.status_code == 422
    for words in ("Please fill this in.", "like DE.", "a zone like Europe/Berlin", "Halden AG"):
        assert words in wrong.text
    assert (await admin_client.submit(here, facts)).status_code == 303
    async with shop.transaction() as session:
        assert (await invoices.seller(session))["city"] == "Hamburg"
        order = await place(session, "DAW-250", payment="bank_transfer")
        invoice = (await orders.details(session, order)).invoice
        assert invoice is not None
        assert (invoice.seller["name"], invoice.seller["country"]) == ("Halden AG", "DE")
    assert "Am Kai 1" in (await admin_client.get("/desk/settings")).text


async def test_a_store_without_anything_says_where_to_begin(
    app: Litestar, merchandiser_client: Browser, admin_client: Browser
) -> None:
    for path, words in (
        (SHELVES, "No category yet"),
        ("/desk/store/taxes", "No rate yet"),
        ("/desk/store/delivery", "No way to deliver yet"),
    ):
        assert words in (await merchandiser_client.get(path)).text
    assert (await admin_client.get("/desk/settings/payment-methods/new")).status_code == 200
    async with app.state.database.transaction() as session:
        assert await catalogue.categories(session) == []


async def test_a_product_is_moved_taxed_and_worded_in_other_languages_at_the_desk(
    merchandiser_client: Browser, client: Browser, shop: Database
) -> None:
    here = "/desk/store/products/dawn-blend"
    said = {
        "name": "Dawn blend", "active": "on", "category": "kettles", "tax_category": "standard",
        "name-de": "Morgenrot", "tagline-de": "Für früh", "description-de": "", "name-hu": "",
    }  # fmt: skip
    before = await _product(shop)
    assert (await merchandiser_client.submit(here, said)).status_code == 303
    after = await _product(shop)
    assert (after.tax_category, after.category_id) == ("standard", demo.demo_id("category", "kettles"))
    assert "Morgenrot" in (await client.get("/c/kettles?lang=de")).text
    assert "description" not in after.translations["de"]
    # What a product's words hold beside these stays.
    assert after.translations["de"].get("options") == before.translations["de"].get("options")
    for wrong, words in (
        ({"category": "nowhere"}, "Choose one of"),
        ({"tax_category": "gold"}, "VAT is not known"),
    ):
        refused = await merchandiser_client.submit(here, said | wrong)
        assert refused.status_code == 422
        assert words in refused.text
    # A form without them says nothing of them.
    assert (await merchandiser_client.submit(here, {"name": "Dawn", "active": "on"})).status_code == 303
    assert (await _product(shop)).translations == after.translations


async def _product(shop: Database) -> Product:
    async with shop.transaction() as session:
        return (await catalogue.show(session, "dawn-blend", inactive=True)).product
