"""Taxes: the rates of VAT by country, kind of goods and the day from which they hold."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, Invalid, NotFound
from core.words import mark
from estore import edits, pricing
from estore.goods import Product, TaxRate

STANDARD = "standard"
_HIGHEST = Decimal("0.5")


@dataclass(frozen=True)
class Rate:
    """A rate with its end: `current`, `coming` or `past` on the day that was asked about."""

    rate: TaxRate
    state: str


async def everything(session: AsyncSession, today: date) -> list[Rate]:
    """Every rate, by country and kind of goods, the newest of each first."""
    rows = await session.scalars(
        select(TaxRate).order_by(TaxRate.country, TaxRate.category.desc(), TaxRate.valid_from.desc())
    )
    found: list[Rate] = []
    current: set[tuple[str, str]] = set()
    for row in rows:
        key = (row.country, row.category)
        state = "coming" if row.valid_from > today else "past" if key in current else "current"
        if state == "current":
            current.add(key)
        found.append(Rate(row, state))
    return found


async def add(
    session: AsyncSession,
    country: str,
    category: str,
    percent: Decimal | None,
    valid_from: date,
    today: date,
    by: UUID | None = None,
) -> TaxRate:
    """A rate that holds from a day on, today at the earliest where there is one before; what was sold keeps its own.

    `percent` 19 is 19 %. Raises Invalid with the fields to correct.
    """
    wrong: dict[str, str] = {}
    if len(country) != 2 or not country.isascii() or not country.isalpha():
        wrong["country"] = mark("Choose a country.")
    if (
        not category
        or len(category) > 40
        or not category.replace("-", "").isalnum()
        or not category.isascii()
    ):
        wrong["category"] = mark("Name the kind of goods in letters, digits and hyphens.")
    rate = None if percent is None else percent / 100
    if rate is None or not 0 <= rate <= _HIGHEST or rate != round(rate, 4):
        wrong["percent"] = mark("Enter a rate from 0 to 50, like 19 or 5.5.")
    country, category = country.upper(), category.lower()
    before = await _before(session, country, category)
    if category != STANDARD and not wrong and await _before(session, country, STANDARD) is None:
        wrong["category"] = mark(
            "Enter the standard rate of this country first: other goods fall back to it."
        )
    if before is not None and valid_from < today:
        wrong["valid_from"] = mark("Choose today or a day to come: what was sold before keeps its rate.")
    if wrong or rate is None:
        raise Invalid("Some of what you entered needs another look.", wrong)
    found = await session.get(TaxRate, (country, category, valid_from))
    was = {"rate": pricing.rate_text(found.rate)} if found else {}
    if found is None:
        found = TaxRate(country=country, category=category, valid_from=valid_from, rate=rate)
        session.add(found)
    found.rate = rate
    await session.flush()
    said = {"rate": pricing.rate_text(rate), "valid_from": valid_from.isoformat()}
    await edits.note(session, "tax_rate", f"{country} {category}", by, was, said)
    return found


async def withdraw(
    session: AsyncSession, country: str, category: str, valid_from: date, today: date, by: UUID | None = None
) -> None:
    """Take back a rate that does not hold yet. Raises NotFound, Conflict."""
    found = await session.get(TaxRate, (country, category, valid_from), with_for_update=True)
    if found is None:
        raise NotFound("There is no such rate.")
    if valid_from <= today:
        raise Conflict("This rate holds already. Enter another one from a day to come.")
    await session.delete(found)
    await session.flush()
    was = {"rate": pricing.rate_text(found.rate), "valid_from": valid_from.isoformat()}
    await edits.note(session, "tax_rate", f"{country} {category}", by, was, {})


async def kinds(session: AsyncSession) -> list[str]:
    """The kinds of goods that rates are known for or that products are of, the standard one first."""
    known = set(await session.scalars(select(TaxRate.category).distinct()))
    known |= set(await session.scalars(select(Product.tax_category).distinct()))
    return sorted(known | {STANDARD}, key=lambda kind: (kind != STANDARD, kind))


async def _before(session: AsyncSession, country: str, category: str) -> TaxRate | None:
    found: TaxRate | None = await session.scalar(
        select(TaxRate).where(TaxRate.country == country, TaxRate.category == category).limit(1)
    )
    return found
