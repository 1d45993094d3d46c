"""Baskets: what people of a country put together, priced once by the store's own rules and bought many times."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from estore import pricing
from workers.seeding.company import Carriage, Company, Ware
from workers.seeding.names import PLACES
from workers.seeding.sheets import document, words

KINDS = 300
# How often a category is what somebody came for, at home and in an office.
AT_HOME = {
    "beans": 46,
    "parts-and-care": 20,
    "filter-brewers": 10,
    "cups-and-servers": 10,
    "kettles": 4,
    "grinders": 6,
    "espresso-machines": 4,
    "office-machines": 0,
}
AT_WORK = {
    "beans": 60,
    "parts-and-care": 22,
    "cups-and-servers": 8,
    "filter-brewers": 3,
    "kettles": 1,
    "grinders": 2,
    "espresso-machines": 1,
    "office-machines": 3,
}


@dataclass(frozen=True)
class Line:
    """An order's line but for its ids: `row` from the SKU on, `invoiced` from the name on, as COPY text."""

    ware: Ware
    name: str
    quantity: int
    total: int
    row: str
    invoiced: str


@dataclass(frozen=True)
class Basket:
    """What an order of it says; `part` is what goes back when its first line does."""

    lines: tuple[Line, ...]
    items: int
    names: list[str]
    goods: int
    shipping: int
    total: int
    taxes: str
    carriage: str
    carriage_name: str
    part: int
    part_taxes: str


def fill(company: Company) -> dict[tuple[str, bool], list[Basket]]:
    """For each country, at home and (True) at work, a choice of baskets."""
    random = Random("baskets")  # noqa: S311 - the same numbers each time are what is wanted
    made: dict[tuple[str, bool], list[Basket]] = {}
    for place in PLACES:
        for work in (False, True):
            made[place.country, work] = [
                _basket(company, random, place.country, place.locale, work) for _ in range(KINDS)
            ]
    return made


def _basket(company: Company, random: Random, country: str, locale: str, work: bool) -> Basket:
    tastes = AT_WORK if work else AT_HOME
    wares = _choose(company, random, tastes)
    quantities = []
    for ware in wares:
        often = ware.category in ("beans", "parts-and-care", "cups-and-servers") and ware.price < 5000
        most = (6 if work else 3) if often else 1
        quantities.append(random.choice([1, *range(1, most + 1)]))
    rates = company.rates.get(country) or company.rates["DE"]
    taxed = [Decimal(rates.get(ware.tax) or rates["standard"]) for ware in wares]
    items = [
        pricing.Item(ware.price, quantity, rate)
        for ware, quantity, rate in zip(wares, quantities, taxed, strict=True)
    ]
    goods = sum(item.unit_price * item.quantity for item in items)
    carriage = _carriage(company, random, country)
    free = carriage.free_from is not None and goods >= carriage.free_from
    totals = pricing.add_up(items, 0 if free else carriage.price)
    part = totals.lines[0] if len(wares) > 1 else totals.total
    return Basket(
        lines=tuple(
            _line(ware, quantity, total, rate, locale)
            for ware, quantity, total, rate in zip(wares, quantities, totals.lines, taxed, strict=True)
        ),
        items=sum(quantities),
        names=[ware.name for ware in wares],
        goods=totals.goods,
        shipping=totals.shipping,
        total=totals.total,
        taxes=document([tax.facts() for tax in totals.taxes]),
        carriage=carriage.code,
        carriage_name=carriage.translations.get(locale, {}).get("name") or carriage.name,
        part=part,
        part_taxes=document([tax.facts() for tax in pricing.part_of(totals.taxes, part)]),
    )


def _choose(company: Company, random: Random, tastes: dict[str, int]) -> list[Ware]:
    """One to four different wares, mostly cheap ones."""
    chosen: list[Ware] = []
    for _ in range(random.choices((1, 2, 3, 4), (46, 32, 16, 6))[0]):
        category = random.choices(list(tastes), list(tastes.values()))[0]
        shelf = [ware for ware in company.wares if ware.category == category]
        if not shelf:
            continue
        ware = random.choices(shelf, [1 / (ware.price**0.5) for ware in shelf])[0]
        if all(ware.product_id != other.product_id for other in chosen):
            chosen.append(ware)
    return chosen or [random.choice(company.wares)]


def _carriage(company: Company, random: Random, country: str) -> Carriage:
    ways = [each for each in company.carriages if country in each.countries]
    return ways[0] if len(ways) == 1 or random.random() < 0.85 else random.choice(ways[1:])


def _line(ware: Ware, quantity: int, total: int, rate: Decimal, locale: str) -> Line:
    name, label = words(ware.called(locale)), words(ware.label(locale))
    return Line(
        ware=ware,
        name=ware.called(locale),
        quantity=quantity,
        total=total,
        row="\t".join(
            [
                *(ware.sku_id, ware.code, name, label, ware.picture, ware.slug),
                *(str(quantity), str(ware.price), str(total), str(rate)),
            ]
        ),
        invoiced="\t".join([name, label, str(quantity), str(ware.price), str(total), str(rate)]),
    )
