"""Examples for the description: what a request and an answer look like, made of what is said of each field."""

from typing import Any

MOMENT = "2026-03-02T09:30:00Z"
ID = "019b2c4e-7a10-7c3e-9f00-000000000001"
ADDRESS = {
    "name": "Lena Hoffmann", "street": "Sonnenallee 177", "postcode": "12059", "city": "Berlin", "country": "DE",
}  # fmt: skip
# What answers show, by "Schema.field", else by the field's name alone.
SAMPLES: dict[str, Any] = {
    "email": "lena.hoffmann@post.test", "locale": "de", "time_zone": "Europe/Berlin", "source": "api",
    "name": "Lena Hoffmann", "company": "Werkstatt Lang", "phone": "+493023125000", "next_cursor": None,
    "merged_into_id": None, "verified_by": "link", "channel": "email", "currency": "EUR",
    "Identity.kind": "email", "Identity.value": "lena.hoffmann@post.test",
    "Traits.orders": 3, "Traits.spend": 74700, "Traits.tickets": 1, "Traits.messages_in": 2,
    "Consent.topic": "news", "Consent.address": "", "Consent.source": "trade fair 2026",
    "Consent.actor": "api:The fair", "Consent.wording": "Send me news of machines and beans.",
    "Entry.kind": "order.placed", "Entry.version": 1, "Entry.source_key": f"order:{ID}",
    "Entry.payload": {"number": "H-10482", "total": 74700, "currency": "EUR"},
    "Conversation.subject": "Water under the machine", "Conversation.last_seq": 4, "Conversation.closed_at": None,
    "Message.seq": 4, "Message.author": "staff", "Message.sender": "support@halden.test", "Message.reason": None,
    "Message.direction": "outbound", "Message.status": "delivered", "Message.sender_name": "Tomas Lind",
    "Message.recipients": {"to": ["lena.hoffmann@post.test"]}, "Message.subject": "Re: Water under the machine",
    "Message.text": "A seal. It leaves today.", "Message.automated": False,
    "Ticket.number": 1042, "Ticket.subject": "Water under the machine", "Ticket.status": "open", "Ticket.cycle": 1,
    "Ticket.snoozed_until": None, "Ticket.solved_at": None,
    "Product.slug": "kvern-grinder", "Product.name": "Kvern", "Product.tagline": "Grinds quietly",
    "Product.description": "Flat burrs of 64 mm, and a hopper for 250 g.",
    "Product.category": "grinders", "Product.tax_category": "standard",
    "Row.label": "Burrs", "Row.value": "64 mm",
    "Category.slug": "grinders", "Category.name": "Grinders", "Category.description": "Even grounds, quiet mornings.",
    "Sku.code": "KVERN-BLK", "Sku.regular_price": None, "Sku.reduced_at": None, "Sku.weight": 4200,
    "Sku.options": {"colour": "black"}, "Sku.price": 24900, "Sku.on_hand": 12,
    "Sku.reserved": 2,
    "Picture.url": "https://shop.example.com/pictures/0f343b0931126a20f133d67c2b018a3b.jpg",
    "PictureSize.url": "https://shop.example.com/pictures/0f343b0931126a20f133d67c2b018a3b-1600.webp",
    "PictureSize.width": 1600,
    "Picture.alt": "The grinder from the front", "Picture.alts": {"de": "Die Mühle von vorn"}, "Picture.skus": [],
    "Picture.width": 1600, "Picture.height": 1600, "Picture.position": 1,
    "Order.number": "H-10482", "Order.status": "shipped", "Order.delivery_address": ADDRESS,
    "Order.billing_address": ADDRESS, "Order.goods": 74700, "Order.discount": 0, "Order.shipping": 0,
    "Order.total": 74700, "Order.carrier": "DHL", "Order.tracking": "00340434161094021501",
    "Order.delivered_at": None, "Order.cancelled_at": None, "Order.cancel_reason": "",
    "OrderLine.position": 1, "OrderLine.sku_code": "KVERN-BLK", "OrderLine.name": "Kvern", "OrderLine.detail": "black",
    "OrderLine.quantity": 3, "OrderLine.unit_price": 24900, "OrderLine.discount": 0, "OrderLine.total": 74700,
    "Invoice.kind": "invoice", "Invoice.label": "2026-00417", "Invoice.credits_id": None, "Invoice.status": "paid",
    "Invoice.total": 74700, "Invoice.taxes": [{"rate": "0.19", "net": 62773, "tax": 11927}], "Invoice.buyer": ADDRESS,
    "Invoice.voided_at": None, "Payment.method": "bank_transfer", "Payment.kind": "bank_transfer",
    "Payment.status": "succeeded", "Payment.amount": 74700, "Payment.refunded": 0, "Payment.reference": "H-10482",
    "Payment.reason": "", "Segment.name": "Regulars", "Size.number": 1280, "Size.exact": True,
    "Campaign.name": "Winter blend", "Campaign.topic": "news", "Campaign.format": "markdown", "Campaign.version": 3,
    "Campaign.subject": "The winter blend is here", "Campaign.body": "Dear {{ customer.name }}, it is here.",
    "Campaign.state": "finished", "Campaign.audience": 1280, "Campaign.scheduled_at": None,
    "Figures.audience": 1280, "Figures.open": 0, "Figures.sent": 1262, "Figures.failed": 6, "Figures.suppressed": 10,
    "Figures.held": 2, "Figures.unknown": 0, "Figures.delivered": 1255, "Figures.clicked": 214,
    "Figures.unsubscribed": 5, "Figures.bought": 31, "Revenue.amount": 812400,
    "Recipient.address": "lena.hoffmann@post.test", "Recipient.state": "sent", "Recipient.reason": None,
    "Recipient.unsubscribed": False, "Lead.source": "Office coffee form", "Lead.interest": "Office machines",
    "Lead.message": "For twelve people?", "Lead.origin": {"utm_source": "newsletter"},
    "WebhookEndpoint.name": "The accounts", "WebhookEndpointSecret.name": "The accounts",
    "url": "https://accounts.example.com/throughline", "kinds": ["order.placed", "invoice.paid"],
    "failing_since": None, "disabled_at": None, "disabled_reason": None,
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "WebhookDelivery.kind": "order.placed", "WebhookDelivery.tries": 1, "last_status": 204, "state": "delivered",
    "WebhookAttempt.status": 204, "WebhookAttempt.answer": "", "WebhookAttempt.error": None, "WebhookAttempt.ms": 87,
    "WebhookReplay.replayed": 12,
    "Segment.definition": {"type": "trait", "trait": "orders", "compare": "at_least", "value": 3},
}  # fmt: skip


def fill(document: dict[str, Any]) -> None:
    """Give every body and every answer of the document an example."""
    schemas = document["components"]["schemas"]
    for operations in document["paths"].values():
        for operation in operations.values():
            contents = [operation.get("requestBody", {}), *operation["responses"].values()]
            for content in contents:
                for media, shown in content.get("content", {}).items():
                    if media == "application/json":
                        asked = content is contents[0]
                        shown["example"] = example(shown["schema"], schemas, asked=asked)


def example(schema: dict[str, Any], schemas: dict[str, Any], place: str = "", *, asked: bool = False) -> Any:
    """A value of the schema; of what is `asked` only what is required or has an example of its own."""
    if "$ref" in schema and "examples" not in schema:
        name = schema["$ref"].rpartition("/")[2]
        return example(schemas[name], schemas, name, asked=asked)
    for sample in (place, place.rpartition(".")[2]):
        if sample in SAMPLES and not asked:
            return SAMPLES[sample]
    if schema.get("examples"):
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return example(schema["anyOf"][0], schemas, place, asked=asked)
    match schema.get("type"):
        case "object":
            return _object(schema, schemas, place, asked=asked)
        case "array":
            return [example(schema["items"], schemas, place, asked=asked)]
        case "integer" | "number":
            return schema.get("default", schema.get("minimum", 1))
        case "boolean":
            return schema.get("default", True)
        case "null":
            return None
    return _string(schema)


def _object(schema: dict[str, Any], schemas: dict[str, Any], place: str, *, asked: bool) -> dict[str, Any]:
    required = schema.get("required", [])
    return {
        name: example(inner, schemas, f"{place}.{name}", asked=asked)
        for name, inner in schema.get("properties", {}).items()
        if not asked or name in required or inner.get("examples")
    }


def _string(schema: dict[str, Any]) -> str:
    known = {"uuid": ID, "date-time": MOMENT, "date": MOMENT[:10], "email": "lena.hoffmann@post.test"}
    return known.get(schema.get("format", ""), str(schema.get("default", "text")))
