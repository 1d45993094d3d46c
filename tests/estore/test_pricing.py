"""Prices: goldens, and sums that always add up."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core import money
from estore.pricing import Item, add_up, part_of, stored

RATES = st.sampled_from([Decimal(0), Decimal("0.07"), Decimal("0.19"), Decimal("0.1075"), Decimal("0.27")])
ITEMS = st.lists(st.builds(Item, st.integers(0, 500_000), st.integers(1, 99), RATES), min_size=1, max_size=12)


def test_tax_on_top_with_untaxed_shipping_comes_to_the_golden_cent() -> None:
    totals = add_up([Item(2499, 1, Decimal("0.1075"))], 644, shipping_rate=Decimal(0), inclusive=False)
    assert (totals.total, totals.tax) == (3412, 269)


def test_a_share_rounds_halves_away_from_zero() -> None:
    assert money.share(50, Decimal("0.29")) == 15


@given(ITEMS, st.integers(0, 5000), st.integers(0, 10_000))
def test_totals_always_add_up(items: list[Item], shipping: int, discount: int) -> None:
    totals = add_up(items, shipping, discount)
    assert totals.total == totals.goods - totals.discount + totals.shipping
    assert totals.total == sum(tax.net + tax.tax for tax in totals.taxes)
    assert sum(totals.lines) == totals.goods - totals.discount
    assert sum(totals.discounts) == totals.discount
    assert stored([tax.facts() for tax in totals.taxes]) == totals.taxes


@given(ITEMS, st.integers(0, 5000), st.data())
def test_a_part_of_a_tax_table_adds_up_to_the_part(
    items: list[Item], shipping: int, data: st.DataObject
) -> None:
    totals = add_up(items, shipping)
    part = data.draw(st.integers(0, totals.total))
    assert sum(tax.gross for tax in part_of(totals.taxes, part)) == part
    assert part_of(totals.taxes, totals.total) == totals.taxes
