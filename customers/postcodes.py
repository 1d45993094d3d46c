"""Postcodes: whether one can be right in a country, by its form alone."""

import re

from core.words import mark, worded

# The form of each country's postcodes, and one that exists.
FORMS = {
    **dict.fromkeys(("DE", "EE", "ES", "FI", "FR", "HR", "IT", "MC", "SM", "VA"), r"\d{5}"),
    **dict.fromkeys(("AT", "BE", "BG", "CH", "CY", "DK", "HU", "LI", "LU", "NO", "SI"), r"\d{4}"),
    **dict.fromkeys(("CZ", "GR", "SE", "SK"), r"\d{3} ?\d{2}"),
    "GB": r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}",
    "IE": r"[A-Z]\d[\dW] ?[A-Z\d]{4}",
    "LT": r"\d{5}",
    "LV": r"\d{4}",
    "MT": r"[A-Z]{3} ?\d{4}",
    "NL": r"\d{4} ?[A-Z]{2}",
    "PL": r"\d{2}-?\d{3}",
    "PT": r"\d{4}(-?\d{3})?",
    "RO": r"\d{6}",
    "US": r"\d{5}(-\d{4})?",
}
EXAMPLES = {
    "AT": "1010", "BE": "1000", "BG": "1000", "CH": "8001", "CY": "1010", "CZ": "110 00", "DE": "10115",
    "DK": "1050", "EE": "10111", "ES": "28001", "FI": "00100", "FR": "75001", "GB": "SW1A 1AA", "GR": "105 57",
    "HR": "10000", "HU": "1051", "IE": "D02 AF30", "IT": "00184", "LI": "9490", "LT": "01100", "LU": "1111",
    "LV": "1010", "MC": "98000", "MT": "VLT 1117", "NL": "1012 AB", "NO": "0150", "PL": "00-001",
    "PT": "1000-001", "RO": "010011", "SE": "111 20", "SI": "1000", "SK": "811 01", "SM": "47890",
    "US": "20500", "VA": "00120",
}  # fmt: skip
# What people write before a postcode when the letter comes from abroad: D-10115, LV-1010.
_ABROAD = re.compile(r"(?:[A-Z]{1,3} ?- ?|[A-Z]{2} )(?=\d)")
# Where we do not know the form: letters, digits, and what stands between them.
_ANYWHERE = r"[A-Z\d][A-Z\d .-]{1,11}"


def fits(postcode: str, country: str) -> bool:
    """Whether a postcode has the form of a country's (ISO 3166-1 alpha-2); most things pass for one we do not know."""
    written = " ".join(postcode.upper().split())
    form = FORMS.get(country.upper())
    if form is None:
        return re.fullmatch(_ANYWHERE, written, re.ASCII) is not None
    # Only where the postcode itself begins with a digit can letters before it be the country's.
    if form.startswith(r"\d"):
        written = _ABROAD.sub("", written, count=1) if _ABROAD.match(written) else written
    return re.fullmatch(form, written, re.ASCII) is not None


def complaint(country: str) -> str:
    """What to say of a postcode that does not fit."""
    example = EXAMPLES.get(country.upper())
    if example is None:
        return mark("This does not look like a postcode.")
    return worded(
        "This does not look like a postcode there. One is written like %(example)s.", example=example
    )
