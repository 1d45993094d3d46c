"""What must be true of stock, orders, invoices and payments."""

from sqlalchemy.ext.asyncio import AsyncSession

from core.verification import Difference, compare
from estore import invoices

CHECKS = {
    "what is reserved is the sum of what is held": """
        SELECT s.sku_id, s.reserved, coalesce(sum(h.quantity), 0) FROM stock s
        LEFT JOIN stock_hold h ON h.sku_id = s.sku_id AND h.status = 'held'
        GROUP BY s.sku_id HAVING s.reserved <> coalesce(sum(h.quantity), 0)
    """,
    "nothing is held for an order that is over": """
        SELECT h.id, h.status, o.status FROM stock_hold h JOIN orders o ON o.id = h.order_id
        WHERE h.status = 'held' AND o.status NOT IN ('placed', 'paid')
    """,
    "an order's lines add up to its total": """
        SELECT o.number, o.total, coalesce(sum(l.total), 0) + o.shipping FROM orders o
        LEFT JOIN order_line l ON l.order_id = o.id
        GROUP BY o.id HAVING o.total <> coalesce(sum(l.total), 0) + o.shipping
    """,
    "an invoice's lines add up to its total": """
        SELECT i.id, i.total, coalesce(sum(l.total), 0) FROM invoice i
        LEFT JOIN invoice_line l ON l.invoice_id = i.id
        GROUP BY i.id HAVING i.total <> coalesce(sum(l.total), 0)
    """,
    "an invoice is paid when, and only when, its money is here": """
        SELECT i.id, i.status, format('%s of %s arrived', coalesce(sum(p.amount), 0), i.total) FROM invoice i
        LEFT JOIN payment p ON p.invoice_id = i.id AND p.status IN ('succeeded', 'refunded')
        WHERE i.kind = 'invoice' AND i.total > 0
        GROUP BY i.id
        HAVING (i.status = 'paid' AND coalesce(sum(p.amount), 0) < i.total)
            OR (i.status IN ('draft', 'open') AND coalesce(sum(p.amount), 0) > 0)
    """,
    "what was paid back is the sum of the refunds": """
        SELECT p.id, p.refunded, coalesce(sum(r.amount), 0) FROM payment p
        LEFT JOIN refund r ON r.payment_id = p.id AND r.status = 'succeeded'
        GROUP BY p.id HAVING p.refunded <> coalesce(sum(r.amount), 0)
    """,
    "an order has one invoice": """
        SELECT o.number, count(i.id), 1 FROM orders o
        LEFT JOIN invoice i ON i.order_id = o.id AND i.kind = 'invoice'
        GROUP BY o.id HAVING count(i.id) <> 1
    """,
    "an order stands on the timeline once": """
        SELECT o.number, o.status, count(e.id) FROM orders o
        LEFT JOIN timeline_entry e ON e.customer_id = o.customer_id
            AND e.kind = 'order.placed' AND e.source_key = 'order:' || o.id
        GROUP BY o.id HAVING count(e.id) <> 1
    """,
    "a payment stands on the timeline once": """
        SELECT p.id, p.status, count(e.id) FROM payment p
        LEFT JOIN timeline_entry e ON e.customer_id = p.customer_id
            AND e.kind = 'payment.succeeded' AND e.source_key = 'payment:' || p.id
        WHERE p.status IN ('succeeded', 'refunded') GROUP BY p.id HAVING count(e.id) <> 1
    """,
}


async def differences(session: AsyncSession) -> list[Difference]:
    """Every sum kept in the store against its parts, and invoice numbers without a gap."""
    gaps = [
        Difference("invoice numbers have no gap", series, "a number is missing or twice", "1 to the counter")
        for series in await invoices.gaps(session)
    ]
    return gaps + await compare(session, CHECKS)
