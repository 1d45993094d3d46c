"""The store as a browser sees it: looking, choosing, ordering, paying, and what strangers may not see."""

import re
from collections.abc import Iterator

import httpx
import pytest
from litestar import Litestar
from pydantic import SecretStr
from sqlalchemy import func, select

from core.database import Database
from core.settings import Settings
from customers import identities
from estore import demo, documents, orders, prices
from estore.books import Payment
from estore.gateway import Gateway
from estore.models import Cart, Order, OrderStatus
from tests.portal.conftest import Browser, browser, links, signed_in
from tests.sandbox.stand_in import Sandbox, run_sandbox

FILLED = {
    "email": "ann@example.com", "name": "Ann Berg", "street": "Weg 1", "postcode": "10115", "city": "Berlin",
    "country": "DE", "shipping": "standard",
}  # fmt: skip


@pytest.fixture(scope="session")
def cards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with run_sandbox(tmp_path_factory.mktemp("cards")) as sandbox:
        yield sandbox


@pytest.fixture
def settings(settings: Settings, cards: Sandbox) -> Settings:
    return settings.model_copy(
        update={
            "stripe_api_base": cards.url,
            "stripe_api_key": SecretStr(cards.stripe_key),
            "stripe_webhook_secret": SecretStr(cards.stripe_webhook_secret),
        }
    )


@pytest.fixture
async def shop(app: Litestar) -> Database:
    database: Database = app.state.database
    async with database.transaction() as session:
        await demo.load(session)
    return database


async def order_by(client: Browser, payment: str, **changes: object) -> str:
    """Put one thing in the cart and order it; where the shop leads to."""
    added = await client.submit("/cart/add", {"slug": "dawn-blend", "sku": "DAW-250", "quantity": 2})
    assert (added.status_code, added.headers["location"]) == (303, "/cart")
    answer = await client.submit("/checkout", {**FILLED, "payment": payment, **changes})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_every_page_of_the_front_answers(client: Browser, shop: Database) -> None:
    for path in ("/", "/c/beans", "/search", "/search?q=grindr", "/p/dawn-blend", "/p/descaler", "/cart"):
        answer = await client.get(path)
        assert answer.status_code == 200, path
        assert "style=" not in answer.text, path
    assert (await client.get("/p/no-such-thing")).status_code == 404
    assert (await client.get("/c/no-such-thing")).status_code == 404
    assert (await client.get("/checkout")).headers["location"] == "/cart"


async def test_a_search_forgives_typing_and_ignores_nonsense_in_its_address(
    client: Browser, shop: Database
) -> None:
    found = await client.get("/search?q=grindr&from=x&page=-3&sort=drop+table&stock=1")
    assert found.status_code == 200
    assert "Fjell hand grinder" in found.text
    suggested = await client.get("/search/suggest?q=kettl", headers={"hx-request": "true"})
    assert "Nord gooseneck kettle" in suggested.text
    assert "<html" not in suggested.text
    for signs in ("%F0%9F%8E%88", "%3F%21"):  # nothing is called a balloon, so nothing is found
        assert "/p/" not in (await client.get(f"/search?q={signs}")).text
    nothing = await client.get("/search?q=%00%27%22%3Cscript%3E")
    assert nothing.status_code == 200
    assert "<script>" not in re.sub(r"<script (type|src)[^>]*>", "", nothing.text)


async def test_facets_narrow_down_and_count(client: Browser, shop: Database) -> None:
    cheap = await client.get("/search?category=beans&to=10")
    assert "Dawn blend" in cheap.text
    assert "Kenya Nyeri" not in cheap.text
    fragment = await client.get("/search?to=10", headers={"hx-request": "true", "hx-target": "listing"})
    assert fragment.text.lstrip().startswith('<div id="listing"')


async def test_prices_in_the_wrong_order_are_swapped_and_what_is_none_is_said(
    client: Browser, shop: Database
) -> None:
    assert 'placeholder="49"' in (await client.get("/c/beans")).text
    swapped = await client.get("/search?category=beans&from=10&to=0")
    assert "Dawn blend" in swapped.text
    assert re.findall(r'name="(?:from|to)" type="number" value="(\d*)"', swapped.text) == ["0", "10"] * 2
    cents = await client.get("/search?category=beans&to=8,89")
    assert "Dawn blend" not in cents.text
    assert "Dawn blend" in (await client.get("/search?category=beans&to=8.90")).text
    junk = await client.get("/search?category=beans&from=%3Cb%3E&to=10")
    assert "“&lt;b&gt;” is not a price, so it was left out." in junk.text
    assert "Dawn blend" in junk.text
    assert "is not a price" not in swapped.text + cents.text


def boxes(page: httpx.Response) -> dict[str, int]:
    """The options of a listing's first form, and how many products each leaves."""
    form = page.text.partition('id="facets"')[2].partition("</form>")[0]
    found = re.findall(r'name="option" value="([^"]+)".*?numbers">(\d+)<', form)
    return {value: int(many) for value, many in found}


async def test_a_category_is_narrowed_down_by_what_its_variants_differ_in(
    client: Browser, shop: Database
) -> None:
    all_of_them = await client.get("/c/grinders")
    assert boxes(all_of_them) == {
        "Colour:Black": 1, "Colour:Cream": 1, "Colour:Pine": 1, "Colour:Steel": 2,
    }  # fmt: skip
    # Either of two; each counts as if nothing of its own were chosen.
    two = await client.get("/c/grinders?option=Colour:Cream&option=Colour:Black")
    assert "2 products" in two.text
    assert boxes(two) == boxes(all_of_them)
    cream = await client.get("/c/grinders?option=Colour:Cream")
    assert ("Kvern" in cream.text, "Fjell" in cream.text) == (True, False)
    assert "/p/kvern-grinder?sku=KVE-CR" in links(cream)
    assert "kvern-grinder-cream" in cream.text
    # Together with the stock it is the variant that must be there: the pine one is sold out, its sisters are not.
    pine = await client.get("/c/grinders?option=Colour:Pine&stock=1")
    assert "Nothing fits" in pine.text
    assert boxes(pine)["Colour:Pine"] == 0
    assert "/c/grinders?stock=1" in links(pine)
    german = await client.get("/c/grinders?lang=de&option=Colour:Cream")
    assert "Farbe" in german.text
    # What nobody offers, and what is none, finds nothing and breaks nothing.
    assert "Nothing fits" in (await client.get("/c/grinders?option=Colour:%00'&option=x&option=Size:9")).text
    assert boxes(await client.get("/search")) == {}


async def test_a_guest_orders_by_bank_transfer_and_is_told_the_truth(client: Browser, shop: Database) -> None:
    where = await order_by(client, "bank_transfer")
    thanks = await client.get(where)
    assert "DE02 1203 0000 0000 2020 51" in thanks.text
    assert "Thank you. We have your order." in thanks.text
    async with shop.transaction() as session:
        order = (await session.scalars(select(Order))).one()
        shown = await orders.details(session, order)
    assert (order.status, order.total) == ("placed", 2270)
    assert shown.invoice is not None
    assert shown.invoice.label.startswith("INV-")
    assert (await client.get("/cart")).text.count("Nothing in it yet") == 1


async def test_a_mistake_in_the_form_keeps_what_was_typed_and_orders_nothing(
    client: Browser, shop: Database
) -> None:
    await client.submit("/cart/add", {"slug": "dawn-blend", "sku": "DAW-250"})
    answer = await client.submit("/checkout", {**FILLED, "email": "nobody", "city": "", "payment": "card"})
    assert answer.status_code == 422
    assert 'value="Ann Berg"' in answer.text
    assert "Enter the town." in answer.text
    assert 'id="f-email-error"' in answer.text
    async with shop.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Order)) == 0


def hidden(page: httpx.Response) -> dict[str, str]:
    """What the form of the checkout says that it showed."""
    return dict(re.findall(r'<input type="hidden" name="(total\w*)" value="([^"]*)"', page.text))


async def test_without_scripts_a_dearer_way_of_delivery_is_confirmed_and_no_price_blamed(
    client: Browser, shop: Database
) -> None:
    await client.submit("/cart/add", {"slug": "dawn-blend", "sku": "DAW-250"})
    filled = {**FILLED, "payment": "bank_transfer", "shipping": "express"}
    asked = await client.submit("/checkout", filled | hidden(await client.get("/checkout")))
    assert asked.status_code == 409
    assert "A price has changed" not in asked.text
    assert "With “Express delivery” the total is €21.80." in asked.text
    assert 'class="notice" data-tone="info"' in asked.text
    assert 'value="express" checked' in asked.text
    async with shop.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Order)) == 0
    assert (await client.submit("/checkout", filled | hidden(asked))).status_code == 303


async def test_a_postcode_that_no_letter_would_reach_is_said_at_its_field(
    client: Browser, shop: Database
) -> None:
    await client.submit("/cart/add", {"slug": "dawn-blend", "sku": "DAW-250"})
    answer = await client.submit("/checkout", {**FILLED, "postcode": "ABCDE!!", "payment": "card"})
    assert answer.status_code == 422
    assert 'id="f-postcode-error"' in answer.text
    assert "One is written like 10115." in answer.text
    async with shop.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Order)) == 0


async def test_a_stranger_sees_neither_order_nor_invoice_nor_cart(
    app: Litestar, client: Browser, shop: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = await order_by(client, "bank_transfer")
    async with shop.transaction() as session:
        order = (await session.scalars(select(Order))).one()
        shown = await orders.details(session, order)
        mallory = await identities.verify(session, identities.email("mallory@example.com"), by="link")
    assert shown.invoice is not None
    number, label = order.number, shown.invoice.label
    token = where.partition("token=")[2]
    async with browser(app) as stranger:
        assert (await stranger.get(f"/orders/{number}?token={token[:-2]}xx")).status_code == 404
        # Kept as a bookmark, an order's address leads to its customer's door; nobody learns whether it exists.
        for path in (f"/orders/{number}", f"/orders/{number}/thanks", "/orders/99999"):
            asked = await stranger.get(path)
            assert (asked.status_code, asked.headers["location"]) == (303, f"/sign-in?next={path}"), path
        assert (await stranger.submit(f"/orders/{number}/pay")).headers["location"] == "/sign-in"
        assert (await stranger.get(f"/account/invoices/{label}")).status_code == 303
        assert (await stranger.get("/pay/" + "x" * 43)).status_code == 404
    async with browser(app, await signed_in(app, customer_id=mallory)) as stranger:
        for path in (
            f"/account/orders/{number}",
            f"/account/invoices/{label}",
            f"/account/invoices/{label}/pdf",
        ):
            assert (await stranger.get(path)).status_code == 404, path
        assert (await stranger.submit(f"/account/invoices/{label}")).status_code == 404
    async with browser(app, await signed_in(app, customer_id=order.customer_id)) as owner:
        for path in ("/account/orders", f"/account/orders/{number}", "/account/invoices"):
            assert number in (await owner.get(path)).text or label in (await owner.get(path)).text
        paper = await owner.get(f"/account/invoices/{label}/pdf")
        assert paper.content.startswith(b"%PDF-")
        assert (await owner.get(f"/account/invoices/{label}/pdf")).content == paper.content
        monkeypatch.setattr(documents, "_template", lambda: b"#panic()")
        failed = await owner.get(f"/account/invoices/{label}/pdf")
        assert (failed.status_code, "The PDF cannot be made right now." in failed.text) == (503, True)


async def test_a_card_payment_declined_then_paid_is_one_payment(
    client: Browser, shop: Database, cards: Sandbox
) -> None:
    where = await order_by(client, "card")
    assert where.startswith(cards.url)
    async with shop.transaction() as session:
        payment = (await session.scalars(select(Payment))).one()
        order = (await session.scalars(select(Order))).one()
    assert payment.provider_session is not None
    assert payment.provider_session in where
    back = payment.request["success_url"].removeprefix("http://127.0.0.1:8000")
    waiting = await client.get(back)
    assert "It is not paid yet" in waiting.text
    again = await client.submit(f"/orders/{order.number}/pay?{back.partition('?')[2]}", {"payment": "card"})
    assert again.headers["location"] == where
    pay(cards, where)
    async with shop.transaction() as session:
        kept = await session.get_one(Payment, payment.id)
        kept.checked_at = kept.created_at.replace(year=2020)
    told = await client.get(back)
    assert "Your order is paid" in told.text
    async with shop.transaction() as session:
        assert (await session.get_one(Order, order.id)).status == OrderStatus.PAID
        assert await session.scalar(select(func.count()).select_from(Payment)) == 1


async def test_when_the_card_company_does_not_answer_the_order_is_kept(
    client: Browser, shop: Database, app: Litestar, settings: Settings
) -> None:
    await app.state.gateway.close()
    app.state.gateway = Gateway(settings.model_copy(update={"stripe_api_base": "http://127.0.0.1:9"}))
    where = await order_by(client, "card")
    assert where.startswith("/orders/")
    assert "We are finding out" in (await client.get(where)).text
    async with shop.transaction() as session:
        assert (await session.scalars(select(Payment.status))).one() == "unknown"


async def test_a_cart_on_the_server_is_made_only_when_something_is_put_in(
    client: Browser, shop: Database
) -> None:
    await client.get("/cart")
    async with shop.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Cart)) == 0
    added = await client.submit(
        "/cart/add", {"slug": "dawn-blend", "sku": "DAW-1K"}, headers={"hx-request": "true"}
    )
    assert added.status_code == 200
    assert 'id="cart-link"' in added.text
    gone = await client.submit(f"/cart/remove/{demo.demo_id('sku', 'DAW-1K')}")
    assert gone.status_code == 303
    assert "Nothing in it yet" in (await client.get("/cart")).text


def pay(cards: Sandbox, where: str) -> None:
    """Pay at the hosted page, with a card that works."""
    with httpx.Client(base_url=cards.url) as page:
        form = page.get(where).text
        action = re.search(r'action="([^"]+)"', form)
        assert action is not None
        declined = page.post(action[1], data={"number": "4000000000000002", "email": "ann@example.com"})
        assert "declined" in declined.text
        paid = page.post(action[1], data={"number": "4242424242424242", "email": "ann@example.com"})
        assert paid.status_code in (302, 303), paid.text


async def test_a_reduced_price_stands_beside_the_lowest_of_the_thirty_days_before(
    client: Browser, shop: Database
) -> None:
    lowest = "Lowest price of the 30 days before: €64.90"
    for path in ("/p/skog-pour-over", "/c/filter-brewers", "/search?q=skog"):
        text = (await client.get(path)).text
        assert lowest in text, path
        assert '<s class="price-before">€64.90</s>' in text, path
    async with shop.transaction() as session:
        await prices.change(session, demo.demo_id("sku", "SKO-PI"), 6490)
        await prices.change(session, demo.demo_id("sku", "SKO-RU"), 6490)
    for path in ("/p/skog-pour-over", "/c/filter-brewers"):
        assert "Lowest price" not in (await client.get(path)).text, path


async def test_what_cannot_be_put_in_the_cart_is_said_in_the_buying_box(
    client: Browser, shop: Database
) -> None:
    asked = {"slug": "kvern-grinder", "sku": "KVE-PI"}
    answer = await client.submit("/cart/add", asked, headers={"hx-request": "true"})
    assert answer.status_code == 422
    assert "This one has just sold out." in answer.text
    assert answer.text.lstrip().startswith('<div class="buy"')
