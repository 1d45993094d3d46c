"""The cart as a drawer and a page, and what becomes of it at a sign-in; who may see an order by its link."""

import re

import pytest
import time_machine
from litestar import Litestar
from sqlalchemy import func, select

from core.clock import now
from core.database import Database
from customers import identities
from estore import access, carts, demo
from estore.models import CartLine, Order
from portal import notices
from tests.portal.conftest import Browser, browser
from tests.portal.test_signin import code_and_link

TOGETHER = "We put your two carts together"
FILLED = {
    "email": "ann@example.com", "name": "Ann Berg", "street": "Weg 1", "postcode": "10115", "city": "Berlin",
    "country": "DE", "shipping": "standard", "payment": "bank_transfer",
}  # fmt: skip


@pytest.fixture
async def shop(app: Litestar) -> Database:
    database: Database = app.state.database
    async with database.transaction() as session:
        await demo.load(session)
    return database


async def test_adding_answers_htmx_with_the_drawer_and_anyone_else_with_the_page(
    client: Browser, shop: Database
) -> None:
    product = await client.get("/p/dawn-blend")
    assert product.text.count('<div id="cart-drawer"></div>') == 1
    assert 'action="/cart/add"' in product.text
    wanted = {"slug": "dawn-blend", "sku": "DAW-250", "quantity": 2}
    drawer = await client.submit("/cart/add", wanted, headers={"hx-request": "true"})
    assert drawer.status_code == 200
    assert drawer.headers["hx-trigger-after-swap"] == '{"sheet":{"id":"cart-drawer"}}'
    assert "<html" not in drawer.text
    assert re.search(r'id="cart-drawer" popover role="dialog"', drawer.text)
    assert "€8.90 each" in drawer.text
    assert re.search(r'name="quantity-[0-9a-f-]+" value="2"', drawer.text)
    assert "€17.80" in drawer.text
    assert re.findall(r'href="(/checkout|/cart)"', drawer.text) == ["/checkout", "/cart", "/cart"]
    assert 'id="cart-link" hx-swap-oob="true"' in drawer.text
    plain = await client.submit("/cart/add", wanted)
    assert (plain.status_code, plain.headers["location"]) == (303, "/cart")
    assert 'value="4"' in (await client.get("/cart")).text


async def test_a_quantity_is_changed_in_the_drawer_without_closing_it(
    client: Browser, shop: Database
) -> None:
    wanted = {"slug": "dawn-blend", "sku": "DAW-250", "quantity": 1}
    drawer = await client.submit("/cart/add", wanted, headers={"hx-request": "true"})
    name = re.search(r'name="(quantity-[0-9a-f-]+)"', drawer.text)
    assert name is not None
    headers = {"hx-request": "true", "hx-target": "drawer-body"}
    changed = await client.submit("/cart", {name[1]: 3}, headers=headers)
    assert "popover" not in changed.text
    assert "€26.70" in changed.text
    assert 'id="cart-link" hx-swap-oob="true"' in changed.text
    emptied = await client.submit(f"/cart/remove/{name[1].removeprefix('quantity-')}", headers=headers)
    assert "Nothing in it yet" in emptied.text


@pytest.mark.parametrize("typed", ["-2", "", "100", "2.5", "two", "9" * 30])
async def test_what_is_no_quantity_is_said_at_its_field_and_the_cart_stays(
    client: Browser, shop: Database, typed: str
) -> None:
    for sku in ("DAW-250", "DAW-1K"):
        await client.submit("/cart/add", {"slug": "dawn-blend", "sku": sku, "quantity": 2})
    first, second = re.findall(r'name="(quantity-[0-9a-f-]+)"', (await client.get("/cart")).text)
    wanted = {first: typed, second: "7"}
    answer = await client.submit("/cart", wanted)
    assert answer.status_code == 422
    assert "<html" in answer.text
    headers = {"hx-request": "true"}
    fragment = await client.submit("/cart", wanted, headers=headers)
    drawer = await client.submit("/cart", wanted, headers=headers | {"hx-target": "drawer-body"})
    for shown in (answer, fragment, drawer):
        assert shown.status_code == 422
        assert shown.text.count("That is not a quantity. Enter a number from 0 to 99.") == 1
        assert f'id="f-{first}-error"' in shown.text
        assert f'aria-describedby="f-{first}-error" aria-invalid="true"' in shown.text
        assert re.findall(r'name="quantity-[0-9a-f-]+" value="(\d+)"', shown.text) == ["2", "2"]
    async with shop.transaction() as session:
        assert list(await session.scalars(select(CartLine.quantity))) == [2, 2]


async def test_a_quantity_of_what_no_form_of_ours_names_changes_nothing(
    client: Browser, shop: Database
) -> None:
    await client.submit("/cart/add", {"slug": "dawn-blend", "sku": "DAW-250", "quantity": 2})
    answer = await client.submit("/cart", {"quantity-x": "-3", "else": "9"})
    assert answer.status_code == 303
    async with shop.transaction() as session:
        assert list(await session.scalars(select(CartLine.quantity))) == [2]


async def test_a_cart_that_was_emptied_in_another_window_is_said_and_nothing_is_ordered(
    client: Browser, shop: Database
) -> None:
    await client.submit("/cart/add", {"slug": "dawn-blend", "sku": "DAW-250"})
    await client.submit(f"/cart/remove/{demo.demo_id('sku', 'DAW-250')}")
    answer = await client.submit("/checkout", FILLED)
    assert (answer.status_code, answer.headers["location"]) == (303, "/cart")
    assert "Your cart was emptied meanwhile" in (await client.get("/cart")).text
    assert "Your cart was emptied meanwhile" not in (await client.get("/cart")).text
    quoted = await client.submit("/checkout/quote", FILLED, headers={"hx-request": "true"})
    assert quoted.headers["hx-redirect"] == "/cart"
    assert "Your cart was emptied meanwhile" in (await client.get("/cart")).text
    async with shop.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Order)) == 0


async def test_an_order_sent_again_from_another_window_is_told_where_the_cart_went(
    client: Browser, shop: Database
) -> None:
    await ordered(client, shop)
    answer = await client.submit("/checkout", FILLED)
    assert (answer.status_code, answer.headers["location"]) == (303, "/cart")
    assert "Your cart was ordered or emptied meanwhile" in (await client.get("/cart")).text
    async with shop.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Order)) == 1


async def sign_in(app: Litestar, client: Browser, email: str) -> str:
    await client.submit("/sign-in", {"email": email})
    code, _link = await code_and_link(app)
    answer = await client.submit("/sign-in/code", {"code": code})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def test_carts_that_are_joined_at_a_sign_in_are_announced_once(
    app: Litestar, client: Browser, shop: Database
) -> None:
    async with shop.transaction() as session:
        ann = await identities.verify(session, identities.email("ann@example.com"), by="link")
        await carts.put(session, await carts.begin(session, ann), demo.demo_id("sku", "FJE-BK"))
    await client.submit("/cart/add", {"slug": "dawn-blend", "sku": "DAW-250"})
    landing = await sign_in(app, client, "ann@example.com")
    fragment = await client.get("/search/suggest?q=kettle", headers={"hx-request": "true"})
    assert TOGETHER not in fragment.text
    assert TOGETHER in (await client.get(landing)).text
    cart = await client.get("/cart")
    assert TOGETHER not in cart.text
    assert "Dawn blend" in cart.text
    assert "Fjell hand grinder" in cart.text


async def test_nothing_is_announced_where_nothing_was_joined(
    app: Litestar, client: Browser, shop: Database
) -> None:
    async with shop.transaction() as session:
        ann = await identities.verify(session, identities.email("ann@example.com"), by="link")
        await carts.put(session, await carts.begin(session, ann), demo.demo_id("sku", "FJE-BK"))
    assert TOGETHER not in (await client.get(await sign_in(app, client, "ann@example.com"))).text
    assert "Fjell hand grinder" in (await client.get("/cart")).text
    async with browser(app) as other:
        await other.submit("/cart/add", {"slug": "dawn-blend", "sku": "DAW-250"})
        assert TOGETHER not in (await other.get(await sign_in(app, other, "bob@example.com"))).text
        other.cookies.set(notices.COOKIE, "<script>alert(1)</script>")
        assert "alert(1)" not in (await other.get("/cart")).text


async def ordered(client: Browser, shop: Database) -> tuple[str, str]:
    """The number of an order just placed, and the path and query of its link."""
    await client.submit("/cart/add", {"slug": "dawn-blend", "sku": "DAW-250"})
    answer = await client.submit("/checkout", FILLED)
    assert answer.status_code == 303, answer.text
    async with shop.transaction() as session:
        number = await session.scalar(select(Order.number).order_by(Order.placed_at.desc()).limit(1))
    assert number is not None
    return number, str(answer.headers["location"]).partition("token=")[2]


async def test_a_link_to_an_order_opens_it_alone_for_a_time_and_is_kept_nowhere(
    app: Litestar, client: Browser, shop: Database
) -> None:
    number, token = await ordered(client, shop)
    another, its_token = await ordered(client, shop)
    async with browser(app) as holder:
        for path in (f"/orders/{number}", f"/orders/{number}/thanks", f"/orders/{number}/thanks/state"):
            shown = await holder.get(f"{path}?token={token}")
            assert shown.status_code == 200, path
            assert shown.headers["cache-control"] == "no-store"
            assert shown.headers["referrer-policy"] == "same-origin"
            assert shown.headers["x-robots-tag"] == "noindex"
            for address in re.findall(r'(?:href|src|action)="(https?:[^"]+)"', shown.text):
                assert token not in address
        for path in (f"/orders/{another}", f"/orders/{another}/thanks", f"/orders/{another}/thanks/state"):
            assert (await holder.get(f"{path}?token={token}")).status_code == 404, path
        assert (await holder.submit(f"/orders/{another}/pay?token={token}", {})).status_code == 404
        assert (await holder.get(f"/account/orders/{number}?token={token}")).status_code == 303
        with time_machine.travel(now().timestamp() + access.ORDER_LINK_LIFE + 60):
            assert (await holder.get(f"/orders/{number}?token={token}")).status_code == 404
        assert (await holder.get(f"/orders/{another}?token={its_token}")).status_code == 200


async def test_who_holds_the_link_of_a_private_order_cannot_put_it_on_account(
    client: Browser, shop: Database
) -> None:
    number, token = await ordered(client, shop)
    refused = await client.submit(f"/orders/{number}/pay?token={token}", {"payment": "invoice"})
    assert refused.status_code == 409
    assert "Only companies can pay this way" in refused.text
    async with shop.transaction() as session:
        assert (await session.scalars(select(Order.payment_code))).one() == "bank_transfer"
        assert await session.scalar(select(func.count()).select_from(Order)) == 1
