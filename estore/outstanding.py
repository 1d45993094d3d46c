"""What is outstanding with a customer: orders on their way, invoices to pay."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from customers import merging
from estore.books import InvoiceKind, InvoiceStatus, labelled
from estore.models import OrderStatus

LIMIT = 20
UNDER_WAY = (OrderStatus.PLACED, OrderStatus.PAID, OrderStatus.PACKED, OrderStatus.SHIPPED)


class OpenOrder(msgspec.Struct, frozen=True):
    number: str
    status: str
    total: int
    currency: str


class OpenInvoice(msgspec.Struct, frozen=True):
    series: str
    number: int
    total: int
    currency: str
    due_on: date | None

    @property
    def label(self) -> str:
        return labelled(self.series, self.number)


class Outstanding(msgspec.Struct, frozen=True):
    """Each the newest first, LIMIT at most."""

    orders: list[OpenOrder] = []
    invoices: list[OpenInvoice] = []


_UNDER_WAY = ", ".join(f"'{status}'" for status in UNDER_WAY)
_OUTSTANDING = text(f"""
SELECT cast(json_build_object(
    'orders', (
        SELECT coalesce(json_agg(json_build_object(
            'number', number, 'status', status, 'total', total, 'currency', currency
        ) ORDER BY placed_at DESC, id DESC), '[]')
        FROM (
            SELECT * FROM orders
            WHERE customer_id = ANY({merging.RECORDS}) AND status IN ({_UNDER_WAY})
            ORDER BY placed_at DESC, id DESC LIMIT {LIMIT}
        ) AS under_way
    ),
    'invoices', (
        SELECT coalesce(json_agg(json_build_object(
            'series', series, 'number', number, 'total', total, 'currency', currency, 'due_on', due_on
        ) ORDER BY created_at DESC, id DESC), '[]')
        FROM (
            SELECT * FROM invoice
            WHERE customer_id = ANY({merging.RECORDS})
                AND status = '{InvoiceStatus.OPEN}' AND kind = '{InvoiceKind.INVOICE}'
            ORDER BY created_at DESC, id DESC LIMIT {LIMIT}
        ) AS unpaid
    )
) AS text)
""")  # noqa: S608 - only constants of our own are put in
decode = msgspec.json.Decoder(Outstanding).decode
NOTHING = "{}"


async def told(session: AsyncSession, ids: Sequence[UUID]) -> str:
    """What is outstanding with a person whose records these are, as `decode` reads it."""
    said: str = await session.scalar(_OUTSTANDING, {"ids": list(ids)})
    return said


async def of(session: AsyncSession, ids: Sequence[UUID]) -> Outstanding:
    """What is outstanding with a person whose records these are, as `merging.group` names them."""
    return decode(await told(session, ids))
