"""Postcodes: what can be right in a country, and what cannot."""

import re

import pytest

from customers import postcodes


def test_the_example_of_every_country_we_know_fits_its_form() -> None:
    assert sorted(postcodes.EXAMPLES) == sorted(postcodes.FORMS)
    for country, example in postcodes.EXAMPLES.items():
        assert postcodes.fits(example, country), country
        assert re.fullmatch(postcodes.FORMS[country], example), country


@pytest.mark.parametrize(
    ("country", "postcode"),
    [
        ("DE", " 10115 "), ("DE", "D-10115"), ("DE", "de 10115"), ("AT", "A-1010"), ("CH", "CH - 8001"),
        ("NL", "1012ab"), ("GB", "sw1a1aa"), ("GB", "M1 1AE"), ("SE", "S-111 20"), ("PL", "00001"),
        ("PT", "1000"), ("LV", "LV-1010"), ("IE", "D6W XY00"), ("JP", "100-0001"), ("CA", "K1A 0B1"), ("HK", "none"),
    ],
)  # fmt: skip
def test_people_write_postcodes_in_more_than_one_way(country: str, postcode: str) -> None:
    assert postcodes.fits(postcode, country)


@pytest.mark.parametrize(
    ("country", "postcode"),
    [
        ("DE", "ABCDE!!"), ("DE", "1011"), ("DE", "101155"), ("DE", "١٠١١٥"), ("DE", ""), ("AT", "10115"),
        ("NL", "1012"), ("GB", "10115"), ("PT", "1000-1"), ("JP", "!!"), ("JP", "-"), ("JP", "1" * 13),
    ],
)  # fmt: skip
def test_what_no_letter_would_reach_does_not_fit(country: str, postcode: str) -> None:
    assert not postcodes.fits(postcode, country)
