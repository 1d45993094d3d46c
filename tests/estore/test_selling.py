"""How the store sells, as colleagues set it: categories, VAT by day, deliveries and ways to pay."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, Invalid, NotFound
from estore import (
    carts,
    catalogue,
    deliveries,
    demo,
    edits,
    facets,
    methods,
    quotes,
    search,
    shelves,
    taxes,
    ways,
)
from estore.goods import Product, ShippingMethod, TaxRate
from tests.estore.shopping import fill, place

TODAY = date.today()
GRINDERS = demo.demo_id("category", "grinders")


async def test_a_category_is_made_below_another_and_its_products_are_found_in_both(
    shop: AsyncSession,
) -> None:
    made = await shelves.add(shop, shelves.Said(name="Hand grinders", parent="grinders"))
    assert (made.slug, made.parent_id) == ("hand-grinders", GRINDERS)
    product = (await shop.scalars(select(Product).where(Product.category_id == GRINDERS).limit(1))).one()
    product.category_id = made.id
    await shop.flush()
    before = (await facets.listing(shop, search.Search(category="grinders"))).total
    below = await facets.listing(shop, search.Search(category="hand-grinders"))
    assert [one.product.id for one in below.found] == [product.id]
    everywhere = await search.find(shop, search.Search(category="grinders", limit=100))
    assert product.id in [one.product.id for one in everywhere]
    assert before == len(everywhere)
    with pytest.raises(Invalid) as deeper:
        await shelves.add(shop, shelves.Said(name="Very small", parent="hand-grinders"))
    assert set(deeper.value.fields) == {"parent"}
    with pytest.raises(Invalid) as above:
        await shelves.save(shop, GRINDERS, shelves.Said(name="Grinders", parent="kettles"))
    assert set(above.value.fields) == {"parent"}
    with pytest.raises(Conflict):
        await shelves.retire(shop, GRINDERS, "kettles")


async def test_a_renamed_category_is_found_under_both_names_and_its_old_address_leads_on(
    shop: AsyncSession,
) -> None:
    said = shelves.Said(
        name="Mills", slug="mills", translations={"de": {"name": "Mühlwerke", "description": ""}}
    )
    await shelves.save(shop, GRINDERS, said)
    assert (await catalogue.category(shop, "mills")).translations == {"de": {"name": "Mühlwerke"}}
    assert await shelves.moved(shop, "grinders") == "mills"
    assert await shelves.moved(shop, "mills") is None
    assert await shelves.moved(shop, "nothing") is None
    found = await search.find(shop, search.Search(words="muhlwerke", limit=100))
    assert {one.product.category_id for one in found} == {GRINDERS}
    # Whoever takes the old name takes the address.
    await shelves.add(shop, shelves.Said(name="Grinders", slug="grinders"))
    assert await shelves.moved(shop, "grinders") is None
    with pytest.raises(Invalid) as taken:
        await shelves.save(shop, GRINDERS, shelves.Said(name="", slug="beans"))
    assert set(taken.value.fields) == {"name", "slug"}
    [first, *_] = await edits.latest(shop, "category")
    assert first.name == "Grinders"


async def test_a_retired_category_hands_its_products_and_its_address_over(shop: AsyncSession) -> None:
    with pytest.raises(Invalid) as nowhere:
        await shelves.retire(shop, GRINDERS)
    assert set(nowhere.value.fields) == {"to"}
    held = len(list(await shop.scalars(select(Product.id).where(Product.category_id == GRINDERS))))
    kettles = demo.demo_id("category", "kettles")
    before = len(list(await shop.scalars(select(Product.id).where(Product.category_id == kettles))))
    await shelves.retire(shop, GRINDERS, "kettles")
    assert (
        len(list(await shop.scalars(select(Product.id).where(Product.category_id == kettles))))
        == before + held
    )
    assert GRINDERS not in {one.id for one in await catalogue.categories(shop)}
    with pytest.raises(NotFound):
        await catalogue.category(shop, "grinders")
    assert await shelves.moved(shop, "grinders") == "kettles"
    await shelves.restore(shop, GRINDERS)
    assert (await catalogue.category(shop, "grinders")).id == GRINDERS
    assert await shelves.moved(shop, "grinders") is None


async def test_a_category_whose_parent_is_retired_comes_back_into_the_first_row(shop: AsyncSession) -> None:
    below = (await shelves.add(shop, shelves.Said(name="Hand grinders", parent="grinders"))).id
    await shelves.retire(shop, below)
    await shelves.retire(shop, GRINDERS, "kettles")
    assert (await shelves.restore(shop, below)).parent_id is None
    assert below in {one.id for one, _held in await shelves.everything(shop)}


async def test_categories_change_places(shop: AsyncSession) -> None:
    first, second, *_others = [one.slug for one in await catalogue.categories(shop)]
    await shelves.move(shop, demo.demo_id("category", first), later=True)
    assert [one.slug for one in await catalogue.categories(shop)][:2] == [second, first]
    await shelves.move(shop, demo.demo_id("category", second), later=False)
    assert [one.slug for one in await catalogue.categories(shop)][:2] == [second, first]


async def rate_of(shop: AsyncSession, country: str = "DE") -> Decimal:
    cart = await carts.open_cart(shop, await fill(shop, "AUR-CR"))
    assert cart is not None
    return (await quotes.quote(shop, cart, country)).rates[0]


async def test_a_rate_holds_from_its_day_and_what_was_sold_keeps_its_own(shop: AsyncSession) -> None:
    order = await place(shop, "AUR-CR")
    taxed = list(order.taxes)
    await taxes.add(shop, "DE", "standard", Decimal(16), TODAY + timedelta(days=30), TODAY)
    assert await rate_of(shop) == Decimal("0.19")
    await taxes.add(shop, "de", "standard", Decimal("16.5"), TODAY - timedelta(days=0), TODAY)
    assert await rate_of(shop) == Decimal("0.165")
    assert order.taxes == taxed
    german = [one for one in await taxes.everything(shop, TODAY) if one.rate.country == "DE"]
    states = [(one.state, one.rate.rate) for one in german if one.rate.category == "standard"]
    assert states == [("coming", Decimal("0.16")), ("current", Decimal("0.165")), ("past", Decimal("0.19"))]
    with pytest.raises(Conflict):
        await taxes.withdraw(shop, "DE", "standard", TODAY, TODAY)
    await taxes.withdraw(shop, "DE", "standard", TODAY + timedelta(days=30), TODAY)
    assert await shop.get(TaxRate, ("DE", "standard", TODAY + timedelta(days=30))) is None
    [last, *_] = await edits.latest(shop, "tax_rate")
    assert (last.name, last.facts["rate"]) == ("DE standard", ["0.16", None])


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        (("DE", "standard", Decimal(51), TODAY), "percent"),
        (("DE", "standard", None, TODAY), "percent"),
        (("DE", "standard", Decimal("7.12345"), TODAY), "percent"),
        (("DE", "standard", Decimal(7), TODAY - timedelta(days=1)), "valid_from"),
        (("Germany", "standard", Decimal(7), TODAY), "country"),
        (("PL", "food", Decimal(5), TODAY), "category"),
        (("PL", "b o o k s", Decimal(5), TODAY), "category"),
    ],
)
async def test_a_rate_that_cannot_be_is_refused_by_its_field(
    shop: AsyncSession, given: tuple[str, str, Decimal | None, date], wrong: str
) -> None:
    before = len(await taxes.everything(shop, TODAY))
    with pytest.raises(Invalid) as refused:
        await taxes.add(shop, *given, today=TODAY)
    assert set(refused.value.fields) == {wrong}
    assert len(await taxes.everything(shop, TODAY)) == before


def test_a_delivery_costs_by_steps_of_worth_or_weight() -> None:
    steps = ShippingMethod(price=690, free_from=10_000, tiers=[[2500, 490], [5000, 290]], tiers_by="goods")
    assert [quotes.shipping_price(steps, goods) for goods in (0, 2499, 2500, 5000, 9999, 10_000)] == [
        690, 690, 490, 290, 290, 0,
    ]  # fmt: skip
    heavy = ShippingMethod(price=490, free_from=None, tiers=[[5000, 990], [20_000, 2990]], tiers_by="weight")
    assert [quotes.shipping_price(heavy, 99_999, grams) for grams in (0, 4999, 5000, 30_000)] == [
        490,
        490,
        990,
        2990,
    ]


async def test_a_delivery_is_entered_changed_and_never_the_last_one_switched_off(shop: AsyncSession) -> None:
    said = deliveries.Said(
        name="Bulky goods", price=3900, countries=["AT", "DE"], tiers=[(30_000, 5900)], tiers_by="weight"
    )
    made = await deliveries.add(shop, said)
    assert (made.code, made.countries, made.tiers) == ("bulky-goods", ["AT", "DE"], [[30_000, 5900]])
    assert made.code in {one.code for one in await quotes.shipping_methods(shop, "AT")}
    await deliveries.move(shop, made.code, later=False)
    assert [one.code for one in await deliveries.everything(shop)][-2] == made.code
    with pytest.raises(Invalid) as refused:
        await deliveries.add(
            shop,
            deliveries.Said(
                name=" ", price=-1, countries=["DE", "Germany"], free_from=0, tiers=[(5, 1), (5, 2)]
            ),
        )
    assert set(refused.value.fields) == {"name", "price", "countries", "free_from", "tiers"}
    *others, last = await deliveries.everything(shop)
    for one in others:
        one.enabled = False
    await shop.flush()
    off = deliveries.Said(name=last.name, price=last.price, countries=last.countries, enabled=False)
    with pytest.raises(Conflict):
        await deliveries.save(shop, last.code, off)
    assert last.enabled
    assert (await edits.latest(shop, "shipping_method"))[-1].name == "Bulky goods"


async def test_a_way_to_pay_is_entered_with_an_account_that_can_be_right(shop: AsyncSession) -> None:
    bank = {"account_holder": "Halden GmbH", "iban": "DE02 1203 0000 0000 2020 51"}
    made = await ways.add(
        shop, ways.Said(name="In advance", kind="transfer", instructions=bank, days_to_pay=5)
    )
    assert (made.enabled, made.instructions["iban"], made.instructions["bic"]) == (False, bank["iban"], "")
    await methods.switch(shop, made.code, True)
    order = await place(shop, "DAW-250", payment=made.code)
    assert order.payment_code == made.code
    await ways.save(shop, made.code, ways.Said(name="Prepaid", instructions=bank, days_to_pay=9))
    assert (made.name, made.kind, made.days_to_pay) == ("Prepaid", "transfer", 9)
    with pytest.raises(Invalid) as refused:
        wrong = bank | {"iban": "DE03 1203 0000 0000 2020 51", "bic": "??"}
        await ways.save(shop, made.code, ways.Said(name="Prepaid", instructions=wrong))
    assert set(refused.value.fields) == {"iban", "bic", "days_to_pay"}
    with pytest.raises(Invalid) as carded:
        await ways.add(shop, ways.Said(name="Another card", kind="card"))
    assert set(carded.value.fields) == {"kind"}
    [last, *_] = await edits.latest(shop, "payment_method")
    assert last.facts["days_to_pay"] == [5, 9]


async def test_what_is_called_new_is_not_taken_for_one_that_there_is_not_yet(shop: AsyncSession) -> None:
    said = deliveries.Said(name="New", price=100, countries=["DE"])
    assert (await deliveries.add(shop, said)).code == "new-2"
    assert (await ways.add(shop, ways.Said(name="New"))).code == "new-2"
