"""Documents: invoices and credit notes as PDF. The same invoice gives the same bytes each time."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import structlog
import typst
from babel import Locale
from babel.dates import format_date
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import TransientError
from core.money import formatted
from core.rendering import spoken, translations
from estore import glyphs, invoices, pricing
from estore.books import Invoice, InvoiceKind
from estore.goods import PaymentMethod
from estore.models import Order

log = structlog.get_logger()

TEMPLATE = Path(__file__).with_name("templates") / "documents" / "invoice.typ"
PROBE = b"""
#set page(width: auto, height: auto)
#set text(font: "Libertinus Serif")
#sys.inputs.text #text(weight: "semibold", sys.inputs.text)
"""


@dataclass(frozen=True)
class Sheet:
    """All that stands on a document, and the moment that its bytes are dated."""

    filename: str
    facts: dict[str, Any]
    dated: datetime


async def sheet(session: AsyncSession, invoice: Invoice) -> Sheet:
    """Gather what a finalised invoice shows; `pdf` prints it, outside of any transaction."""
    lines = await invoices.lines(session, invoice.id)
    order = await session.get(Order, invoice.order_id) if invoice.order_id else None
    credited = await session.get(Invoice, invoice.credits_id) if invoice.credits_id else None
    bank = await session.scalar(
        select(PaymentMethod)
        .where(PaymentMethod.kind == "transfer")
        .order_by(PaymentMethod.position)
        .limit(1)
    )
    assert invoice.issued_on is not None
    assert invoice.due_on is not None
    locale, currency = invoice.locale, invoice.currency
    _ = translations(locale).gettext
    credit = invoice.kind == InvoiceKind.CREDIT_NOTE
    facts: dict[str, Any] = {
        "lang": locale,
        "title": _("Credit note") if credit else _("Invoice"),
        "seller": particulars(invoice.seller, locale),
        "buyer": _address(invoice.buyer, locale),
        "meta": [
            [_("Credit note number") if credit else _("Invoice number"), invoice.label],
            [_("Date"), format_date(invoice.issued_on, "medium", spoken(locale))],
            *([[_("Order"), order.number]] if order else []),
            *([[_("For invoice"), credited.label]] if credited else []),
            *([] if credit else [[_("Due by"), format_date(invoice.due_on, "medium", spoken(locale))]]),
        ],
        "heads": [_("Description"), _("Quantity"), _("Unit price"), _("VAT"), _("Amount")],
        "lines": [
            [
                line.name,
                line.detail,
                str(line.quantity),
                formatted(line.unit_price, currency, locale),
                _percent(pricing.rate_text(line.tax_rate)) if line.tax_rate is not None else "",
                formatted(line.total, currency, locale),
            ]
            for line in lines
        ],
        "tax_heads": [_("VAT rate"), _("Net"), _("VAT"), _("Gross")],
        "taxes": [
            [
                _percent(row["rate"]),
                formatted(row["net"], currency, locale),
                formatted(row["tax"], currency, locale),
                formatted(row["gross"], currency, locale),
            ]
            for row in invoice.taxes
        ],
        "total": [_("Total, VAT included"), formatted(invoice.total, currency, locale)],
        "note": invoice.note,
        "bank_title": "",
        "bank": [],
        "closing": _("Prices include VAT. The date of supply is the date of delivery."),
    }
    if bank is not None and not credit and bank.instructions:
        facts["bank_title"] = _("To pay by bank transfer")
        facts["bank"] = [
            [_("Account holder"), str(bank.instructions.get("account_holder", ""))],
            [_("IBAN"), str(bank.instructions.get("iban", ""))],
            [_("BIC"), str(bank.instructions.get("bic", ""))],
            [_("Reference"), order.number if order else invoice.label],
        ]
    return Sheet(f"{invoice.label}.pdf", facts, datetime.combine(invoice.issued_on, time(12), UTC))


def pdf(sheet: Sheet) -> bytes:
    """Print a sheet (PDF/A-2b); about 10 ms of computing, so call it in a thread.

    What our fonts cannot show stands as □; the sheet keeps what was written. Raises TransientError.
    """
    facts = _each(sheet.facts, glyphs.clean)
    known: dict[str, str] = {}
    ways: list[Callable[[str], str]] = [
        lambda text: text,
        lambda text: glyphs.replaced(text, can_show, known),
        glyphs.certain,
    ]
    error: BaseException | None = None
    for way in ways:
        try:
            return _compile(_template(), {"data": json.dumps(_each(facts, way), sort_keys=True)}, sheet.dated)
        except _Failed as failed:
            error = failed.__cause__
    # The compiler's own words quote the document, which is personal.
    log.error("document cannot be printed", document=sheet.filename, kind=type(error).__name__)
    raise TransientError(
        "The PDF cannot be made right now. The document itself is kept and shown on its page: "
        "try again later, or write to us and we send it."
    )


@lru_cache(maxsize=4096)
def can_show(text: str) -> bool:
    """Whether the fonts that documents are printed with have a glyph for all of it, in each weight."""
    try:
        _compile(PROBE, {"text": text}, datetime(2026, 1, 1, tzinfo=UTC))
    except _Failed:
        return False
    return True


class _Failed(Exception):
    """The compiler gave no document; its cause says why."""


def _compile(template: bytes, inputs: dict[str, str], dated: datetime) -> bytes:
    try:
        printed = typst.compile(
            template,
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs=inputs,
            timestamp=int(dated.timestamp()),
            pdf_standards=["a-2b"],
        )
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the compiler's is no Exception, and must not end a worker
        raise _Failed from error
    assert isinstance(printed, bytes)
    return printed


def _each(fact: Any, change: Callable[[str], str]) -> Any:
    """The same facts with every text of them changed."""
    match fact:
        case str():
            return change(fact)
        case dict():
            return {name: _each(value, change) for name, value in fact.items()}
        case list() | tuple():
            return [_each(value, change) for value in fact]
    return fact


@cache
def _template() -> bytes:
    return TEMPLATE.read_bytes()


def particulars(seller: dict[str, Any], locale: str) -> dict[str, Any]:
    """The seller's particulars with the country's name and the motto in a language."""
    said = dict(seller)
    if name := Locale.parse(locale).territories.get(str(said.get("country", ""))):
        said["country_name"] = name
    if motto := said.get("tagline"):
        said["tagline"] = translations(locale).gettext(motto)
    return said


def _address(buyer: dict[str, Any], locale: str) -> list[str]:
    town = f"{buyer.get('postcode', '')} {buyer.get('city', '')}".strip()
    code = str(buyer.get("country", ""))
    country = Locale.parse(locale).territories.get(code, code)
    rows = [buyer.get("company"), buyer.get("name"), buyer.get("street"), town, country]
    return [str(row) for row in rows if row]


def _percent(rate: str) -> str:
    return f"{pricing.rate_text(Decimal(rate) * 100)} %"
