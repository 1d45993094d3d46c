"""What the generated customers meet: the catalogue, the colleagues, and where the counters stand."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.settings import Settings


@dataclass(frozen=True)
class Ware:
    """A SKU with its product, as it is sold."""

    sku_id: str
    code: str
    product_id: str
    slug: str
    name: str
    category: str
    tax: str
    picture: str
    price: int
    options: dict[str, str]
    translations: dict[str, dict[str, Any]]

    def called(self, locale: str) -> str:
        return str(self.translations.get(locale, {}).get("name") or self.name)

    def label(self, locale: str) -> str:
        known = self.translations.get(locale, {}).get("options", {})
        return ", ".join(str(known.get(value, value)) for value in self.options.values())


@dataclass(frozen=True)
class Carriage:
    """A way to ship."""

    code: str
    name: str
    price: int
    free_from: int | None
    countries: list[str]
    translations: dict[str, dict[str, str]]


@dataclass(frozen=True)
class Company:
    """Everything that is read before anybody is made up; numbers are the last ones given so far."""

    wares: list[Ware]
    carriages: list[Carriage]
    rates: dict[str, dict[str, str]]
    seller: dict[str, Any]
    # Name -> id of who answers customers.
    agents: dict[str, str]
    marketers: list[str]
    support_address: str
    twilio_number: str
    mail_domain: str
    orders: int
    tickets: int
    consents: int
    invoices: dict[str, int]


CATALOGUE = """
SELECT s.id::text AS sku_id, s.code, p.id::text AS product_id, p.slug, p.name, c.slug AS category,
    p.tax_category AS tax, coalesce(nullif(s.picture, ''), p.picture) AS picture, s.price, s.options,
    p.translations
FROM sku s JOIN product p ON p.id = s.product_id JOIN category c ON c.id = p.category_id
WHERE s.active AND p.active ORDER BY c.position, p.position, s.position
"""


async def read(session: AsyncSession, settings: Settings) -> Company:
    """The company as it stands."""

    async def rows(query: str) -> list[Any]:
        return list((await session.execute(text(query))).mappings())

    async def number(query: str) -> int:
        return int(await session.scalar(text(query)) or 0)

    rates: dict[str, dict[str, str]] = {}
    for row in await rows(
        "SELECT country, category, rate::text AS rate FROM tax_rate "
        "WHERE valid_from <= current_date ORDER BY valid_from"
    ):
        rates.setdefault(row["country"], {})[row["category"]] = row["rate"]
    staff = await rows(
        "SELECT id::text AS id, name, roles FROM staff WHERE disabled_at IS NULL ORDER BY email"
    )
    return Company(
        wares=[Ware(**row) for row in await rows(CATALOGUE)],
        carriages=[
            Carriage(**row)
            for row in await rows(
                "SELECT code, name, price, free_from, countries, translations FROM shipping_method "
                "WHERE enabled ORDER BY position"
            )
        ],
        rates=rates,
        seller=await session.scalar(text("SELECT facts FROM seller")) or {},
        agents={row["name"]: row["id"] for row in staff if "agent" in row["roles"]},
        marketers=[row["id"] for row in staff if "marketer" in row["roles"]],
        support_address=settings.support_address,
        twilio_number=settings.twilio_number,
        mail_domain=settings.mail_domain,
        orders=await number("SELECT last_value - (NOT is_called)::int FROM order_number"),
        tickets=await number("SELECT last_value - (NOT is_called)::int FROM ticket_number_seq"),
        consents=await number("SELECT last_value - (NOT is_called)::int FROM consent_record_id_seq"),
        invoices={row["series"]: row["last_number"] for row in await rows("SELECT * FROM invoice_series")},
    )
