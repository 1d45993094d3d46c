"""Sheets: rows of every table as the text that COPY reads, and keys that sort by time."""

from datetime import UTC, datetime
from functools import lru_cache
from random import Random

import msgspec

from customers.timeline import Happening

# In an order in which every row finds what it points at.
COLUMNS: dict[str, tuple[str, ...]] = {
    "customer": ("id", "name", "company", "locale", "source", "created_at"),
    "identity": ("id", "customer_id", "kind", "value", "verified_at", "verified_by", "created_at"),
    "address": (
        *("id", "customer_id", "kind", "name", "company", "street", "postcode", "city", "country"),
        "created_at",
    ),
    "consent_record": (
        *("id", "customer_id", "channel", "topic", "granted", "address", "source", "wording", "actor"),
        "recorded_at",
    ),
    "suppression": ("id", "channel", "address", "scope", "reason", "created_at"),
    "customer_traits": (
        *("customer_id", "orders", "spend", "first_order_at", "last_order_at", "messages_in"),
        *("last_message_in_at", "tickets", "campaigns_sent", "campaigns_clicked", "last_click_at"),
        "last_seen_at",
    ),
    "timeline_entry": (
        *("customer_id", "id", "kind", "subject_id", "source_key", "payload", "occurred_at", "recorded_at"),
    ),
    "orders": (
        *("id", "number", "customer_id", "status", "email", "phone", "delivery_address", "billing_address"),
        *("currency", "locale", "goods", "shipping", "total", "taxes", "shipping_code", "shipping_name"),
        *("payment_code", "carrier", "tracking", "placed_at", "paid_at", "packed_at", "shipped_at"),
        *("delivered_at", "cancelled_at", "cancel_reason"),
    ),
    "order_line": (
        *("id", "order_id", "position", "sku_id", "sku_code", "name", "detail", "picture", "slug"),
        *("quantity", "unit_price", "total", "tax_rate"),
    ),
    "stock_hold": ("id", "order_id", "sku_id", "quantity", "status", "expires_at"),
    "invoice": (
        *("id", "kind", "customer_id", "order_id", "credits_id", "series", "number", "status", "currency"),
        *("locale", "total", "taxes", "seller", "buyer", "email", "note", "days_to_pay", "created_at"),
        *("issued_on", "due_on", "paid_at", "voided_at"),
    ),
    "invoice_line": (
        *("id", "invoice_id", "position", "name", "detail", "quantity", "unit_price", "total", "tax_rate"),
    ),
    "payment": (
        *("id", "customer_id", "invoice_id", "order_id", "method", "kind", "status", "amount", "refunded"),
        *("currency", "reference", "idempotency_key", "provider_session", "provider_payment", "reason"),
        *("created_at", "checked_at", "settled_at"),
    ),
    "refund": (
        *("id", "customer_id", "payment_id", "credit_note_id", "amount", "currency", "status", "reason"),
        *("idempotency_key", "provider_refund", "created_at", "checked_at", "settled_at"),
    ),
    "review": (
        *("id", "product_id", "customer_id", "order_id", "rating", "body", "author", "locale", "created_at"),
        "judged_at",
    ),
    "conversation": (
        *("id", "customer_id", "channel", "subject", "account", "last_seq", "created_at", "last_message_at"),
    ),
    "message": (
        *("id", "customer_id", "conversation_id", "seq", "direction", "channel", "status", "account"),
        *("sender", "sender_name", "recipients", "subject", "text", "author", "staff_id", "verified"),
        *("rfc_message_id", "in_reply_to_id", "external_id", "created_at", "sent_at", "delivered_at"),
    ),
    "message_reference": ("rfc_message_id", "conversation_id", "message_id"),
    "note": ("id", "customer_id", "conversation_id", "seq", "staff_id", "body", "created_at"),
    "ticket": (
        *("id", "number", "customer_id", "conversation_id", "subject", "status", "priority", "assignee_id"),
        *("waiting_since", "snoozed_until", "solved_seq", "solved_at", "created_at"),
    ),
    "ticket_cycle": (
        *("ticket_id", "cycle", "started_at", "started_seq", "first_response_due_at", "solution_due_at"),
        *("first_response_at", "solved_at"),
    ),
    "ticket_event": (
        "id",
        "customer_id",
        "conversation_id",
        "seq",
        "staff_id",
        "kind",
        "detail",
        "created_at",
    ),
    "broadcast_recipient": (
        *("id", "broadcast_id", "customer_id", "channel", "address", "state", "reason", "sent_at"),
        *("delivered_at", "human_click_at", "unsubscribed_at"),
    ),
    "campaign_click": (
        *("id", "customer_id", "recipient_id", "link_id", "at", "method", "agent", "human", "reason"),
    ),
    "attributed_order": (
        *("id", "customer_id", "order_id", "broadcast_id", "recipient_id", "amount", "currency"),
        "placed_at",
    ),
}
NULL = r"\N"
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"})

Value = str | int | None


@lru_cache(maxsize=4096)
def stamp(moment: int) -> str:
    """An instant (seconds since 1970) as PostgreSQL reads it."""
    return datetime.fromtimestamp(moment, UTC).isoformat(" ")


@lru_cache(maxsize=4096)
def _time(moment: int) -> str:
    """How a UUIDv7 of a moment begins."""
    digits = f"{moment * 1000:012x}"
    return f"{digits[:8]}-{digits[8:]}-7"


def words(text: str) -> str:
    """A text of people's, escaped."""
    return text.translate(_ESCAPES)


def document(value: object) -> str:
    """A value as JSON, escaped."""
    return msgspec.json.encode(value).decode().replace("\\", r"\\")


def payload(happening: Happening) -> str:
    """What `customers.timeline` keeps of a happening: all of it but its kind, which comes first."""
    said = msgspec.json.encode(happening).decode()
    return "{" + said[said.index(",") + 1 :].replace("\\", r"\\")


class Sheets:
    """The rows of one block of customers; values are escaped by whoever puts them in."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.rows: dict[str, list[str]] = {table: [] for table in COLUMNS}
        self._keys = 0

    def put(self, table: str, *values: Value) -> None:
        """A row, its values in the order of COLUMNS."""
        self.rows[table].append(
            "\t".join(
                [
                    value if value.__class__ is str else NULL if value is None else str(value)
                    for value in values
                ]
            )
        )

    def key(self, moment: int) -> str:
        """A UUIDv7 of a moment; of two of the same second, the one asked for later is greater."""
        self._keys = self._keys + 1 & 0xFFF
        bits = self.random.getrandbits(62)
        return f"{_time(moment)}{self._keys:03x}-{0x8000 | bits >> 48:04x}-{bits & 0xFFFFFFFFFFFF:012x}"

    def tell(
        self, customer_id: str, happening: Happening, source_key: str, subject_id: str | None, moment: int
    ) -> None:
        """An entry on a timeline."""
        at = stamp(moment)
        self.put(
            "timeline_entry",
            *(customer_id, self.key(moment), happening.kind(), subject_id, source_key, payload(happening)),
            *(at, at),
        )

    def text(self) -> dict[str, bytes]:
        """Everything, table by table, ready to be copied."""
        return {table: ("\n".join(rows) + "\n").encode() for table, rows in self.rows.items() if rows}
