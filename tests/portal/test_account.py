"""The customer's own pages: what is open, the history, and what they say about themselves."""

import re
from uuid import UUID, uuid4

import pytest
from litestar import Litestar
from sqlalchemy import func, select

import portal.timeline
from channels import conversations
from core.clock import now
from core.database import Database
from customers import identities, profile
from customers.models import Address, AddressKind, Customer, Identity, TimelineEntry
from estore import carts, checkout, demo, invoices
from estore.goods import Sku
from estore.models import Cart
from portal import visits
from support.triage import triage
from tests.portal.conftest import Browser, browser, signed_in


def store(app: Litestar) -> Database:
    database: Database = app.state.database
    return database


async def meet(app: Litestar, address: str = "ann@example.test") -> UUID:
    async with store(app).transaction() as session:
        return await identities.verify(session, identities.email(address), by="link")


@pytest.fixture
async def ann(app: Litestar) -> UUID:
    return await meet(app)


@pytest.fixture
async def her_client(app: Litestar, ann: UUID):
    async with browser(app, await signed_in(app, customer_id=ann)) as client:
        yield client


@pytest.mark.parametrize("path", ["/account", "/account/history", "/account/profile"])
async def test_a_stranger_is_asked_to_sign_in_first(client: Browser, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")


async def test_a_new_account_says_what_will_stand_there(her_client: Browser) -> None:
    text = (await her_client.get("/account")).text
    assert "Your history begins here" in text
    assert "Nothing is open" in text


async def test_what_is_open_comes_first_and_others_things_not_at_all(
    app: Litestar, ann: UUID, her_client: Browser
) -> None:
    ben = await meet(app, "ben@example.test")
    async with store(app).transaction() as session:
        await demo.load(session)
    numbers = {}
    for person, address in ((ann, "ann@example.test"), (ben, "ben@example.test")):
        async with store(app).transaction() as session:
            cart = await carts.begin(session, person)
            sku_id = await session.scalar(select(Sku.id).where(Sku.code == "DAW-250"))
            assert sku_id is not None
            await carts.put(session, cart, sku_id, 2)
            order = await checkout.place(
                session,
                checkout.Checkout(
                    cart_id=cart.id,
                    email=address,
                    name="Ann Lund",
                    street="Lindenweg 1",
                    postcode="10115",
                    city="Berlin",
                    country="DE",
                    shipping="standard",
                    payment="bank_transfer",
                    customer_id=person,
                ),
            )
            [invoice] = await invoices.of_order(session, order.id)
            await invoices.finalise(session, invoice.id)
            received = await conversations.receive(
                session,
                conversations.Incoming(
                    channel="email",
                    account="support@halden.test",
                    external_id=address,
                    sender=identities.email(address),
                    proven=True,
                    subject=f"A question of {address}",
                    text="Hello?",
                ),
            )
            await triage(session, received.conversation_id)
            numbers[address] = invoice.label
    text = (await her_client.get("/account")).text
    assert text.index("To pay") < text.index("Your questions") < text.index("Your history")
    assert f'href="/account/invoices/{numbers["ann@example.test"]}"' in text
    assert "A question of ann@example.test" in text
    for secret in (numbers["ben@example.test"], "ben@example.test"):
        assert secret not in text
        assert secret not in (await her_client.get("/account/history")).text
    only = (await her_client.get("/account/history?part=tickets")).text
    assert "You asked us" in only
    assert "You ordered" not in only


@pytest.mark.parametrize(
    "query", ["?before=nonsense", "?part=nonsense", "?before=1_2", "?before=%00", "?before=9e99_x"]
)
async def test_a_mangled_link_into_the_history_begins_from_the_top(her_client: Browser, query: str) -> None:
    assert (await her_client.get(f"/account/history{query}")).status_code == 200


async def test_a_profile_is_changed_and_the_phone_stays_a_claim(
    app: Litestar, ann: UUID, her_client: Browser
) -> None:
    form = {"name": "Ann Lund", "company": "Lund", "phone": "030 555010", "language": "de"}
    assert (await her_client.submit("/account/profile", form)).status_code == 303
    async with store(app).transaction() as session:
        customer = await session.get_one(Customer, ann)
        claim = await session.scalar(select(Identity).where(Identity.kind == "phone"))
    assert (customer.name, customer.company, customer.locale) == ("Ann Lund", "Lund", "de")
    assert claim is not None
    assert (claim.value, claim.verified_at) == ("+4930555010", None)
    assert 'lang="de"' in (await her_client.get("/account/profile")).text


async def test_a_wrong_profile_is_kept_on_the_page_and_not_in_the_database(
    app: Litestar, ann: UUID, her_client: Browser
) -> None:
    for change, sentence in (
        ({"phone": "call me"}, "Enter a number like"),
        ({"name": "x" * 201}, "At most 200 characters."),
        ({"name": ""}, "Please fill this in."),
    ):
        form = {"name": "Ann", "company": "Kept here", "phone": ""} | change
        answer = await her_client.submit("/account/profile", dict(form))
        assert (answer.status_code, sentence in answer.text, "Kept here" in answer.text) == (422, True, True)
    async with store(app).transaction() as session:
        customer = await session.get_one(Customer, ann)
    assert (customer.name, customer.company) == ("", "")


ADDRESS = {"name": "Ann", "street": "Lindenweg 1", "postcode": "10115", "city": "Berlin", "country": "DE"}


async def test_addresses_are_added_and_removed_by_their_owner_only(
    app: Litestar, ann: UUID, her_client: Browser
) -> None:
    assert (await her_client.submit("/account/addresses", {**ADDRESS, "kind": "billing"})).status_code == 303
    wrong = await her_client.submit("/account/addresses", {**ADDRESS, "country": "Germany"})
    assert (wrong.status_code, "Choose a country." in wrong.text) == (422, True)
    ben = await meet(app, "ben@example.test")
    async with store(app).transaction() as session:
        his = await profile.add_address(session, ben, AddressKind.DELIVERY, company="", **ADDRESS)
        hers = await session.scalar(select(Address).where(Address.customer_id == ann))
    assert hers is not None
    assert hers.kind == "billing"
    for address_id in (his.id, uuid4()):
        assert (await her_client.submit(f"/account/addresses/{address_id}/remove")).status_code == 404
    assert (await her_client.submit(f"/account/addresses/{hers.id}/remove")).status_code == 303
    async with store(app).transaction() as session:
        assert list(await session.scalars(select(Address.id))) == [his.id]


async def test_a_form_without_its_token_changes_nothing(app: Litestar, her_client: Browser) -> None:
    assert (await her_client.post("/account/profile", data={"name": "Eve"})).status_code == 403
    assert (await her_client.post("/account/addresses", data=ADDRESS)).status_code == 403
    async with store(app).transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Address)) == 0
        assert await session.scalar(select(Customer.name)) == ""


async def test_the_cart_comes_along_when_its_owner_signs_in(app: Litestar, client: Browser) -> None:
    async with store(app).transaction() as session:
        await demo.load(session)
        cart = await carts.begin(session)
        sku_id = await session.scalar(select(Sku.id).where(Sku.code == "DAW-250"))
        assert sku_id is not None
        await carts.put(session, cart, sku_id, 3)
    client.cookies.set(visits.COOKIE, await signed_in(app, cart_id=cart.id, cart_count=3), domain="127.0.0.1")
    await client.submit("/sign-in", {"email": "ann@example.test"})
    from tests.portal.test_signin import code_and_link

    code, _link = await code_and_link(app)
    assert (await client.submit("/sign-in/code", {"code": code})).status_code == 303
    assert re.search(r"cart-count[^>]*>3<", (await client.get("/account")).text)
    async with store(app).transaction() as session:
        kept = await session.get_one(Cart, cart.id)
        assert kept.customer_id == await identities.owner(session, identities.email("ann@example.test"))


def test_a_thing_in_two_sizes_is_named_once() -> None:
    facts = {"names": ["Dawn blend", "Dawn blend", "Descaler"], "total": 3200, "currency": "EUR"}
    placed = TimelineEntry(id=uuid4(), kind="order.placed", payload=facts, occurred_at=now())
    assert (
        portal.timeline.tell(placed, at_desk=False).sentence == "You ordered Dawn blend, Descaler for €32.00"
    )
