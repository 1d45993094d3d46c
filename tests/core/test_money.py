from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import as_decimal, formatted, rounded, share, split, tax_within


def test_29_percent_of_50_minor_units_is_15():
    assert share(50, Decimal("0.29")) == 15


def test_a_taxed_and_an_untaxed_line_add_up_to_the_golden_total():
    assert 2499 + share(2499, Decimal("0.1075")) + 644 == 3412


@pytest.mark.parametrize(
    ("amount", "whole"), [("0.5", 1), ("1.5", 2), ("2.5", 3), ("-0.5", -1), ("-2.5", -3), ("2.4999", 2)]
)
def test_halves_are_rounded_away_from_zero(amount, whole):
    assert rounded(Decimal(amount)) == whole


amounts = st.integers(-(10**12), 10**12)
weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=40)


@given(amounts, weights)
def test_the_parts_of_a_split_sum_to_it_exactly(amount, weights):
    parts = split(amount, weights)
    assert len(parts) == len(weights)
    assert sum(parts) == amount


@given(amounts, weights)
def test_no_part_is_a_whole_unit_away_from_its_share(amount, weights):
    total = sum(weights)
    if total:
        for part, weight in zip(split(amount, weights), weights, strict=True):
            assert abs(Decimal(part) - Decimal(amount) * weight / total) < 1


@given(amounts, weights)
def test_a_credit_is_split_like_the_charge_it_takes_back(amount, weights):
    assert split(-amount, weights) == [-part for part in split(amount, weights)]


def test_what_has_no_weight_goes_to_the_first_part_and_no_parts_are_refused():
    assert split(7, [0, 0, 0]) == [7, 0, 0]
    with pytest.raises(ValueError):
        split(7, [])


@given(st.integers(0, 10**10), st.sampled_from(["0.07", "0.19", "0.21", "0.27", "0.055"]))
def test_the_tax_within_a_gross_amount_is_the_tax_on_its_net(gross, rate):
    tax = tax_within(gross, Decimal(rate))
    assert 0 <= tax <= gross
    assert abs(share(gross - tax, Decimal(rate)) - tax) <= 1


def test_currencies_have_their_own_minor_units():
    assert (as_decimal(1234, "EUR"), as_decimal(1234, "JPY")) == (Decimal("12.34"), Decimal(1234))
    assert formatted(123456, "EUR", "en") == "€1,234.56"
    assert formatted(123456, "EUR", "de") == "1.234,56\xa0€"
    assert formatted(-5, "EUR", "en") == "-€0.05"
