"""What happens in the store, as it stands on a customer's timeline. Amounts are minor units of `currency`."""

from customers.timeline import Happening


class OrderPlaced(Happening, tag="order.placed", frozen=True):
    number: str
    total: int
    currency: str
    items: int
    names: list[str]


class OrderCancelled(Happening, tag="order.cancelled", frozen=True):
    number: str
    reason: str


class OrderShipped(Happening, tag="order.shipped", frozen=True):
    number: str
    carrier: str
    tracking: str


class OrderDelivered(Happening, tag="order.delivered", frozen=True):
    number: str


class InvoiceIssued(Happening, tag="invoice.issued", frozen=True):
    """`credits` is the number of the invoice that a credit note takes back, empty for an invoice."""

    number: str
    total: int
    currency: str
    due_on: str
    credits: str = ""


class InvoicePaid(Happening, tag="invoice.paid", frozen=True):
    number: str
    total: int
    currency: str


class PaymentSucceeded(Happening, tag="payment.succeeded", frozen=True):
    amount: int
    currency: str
    method: str
    invoice: str


class PaymentFailed(Happening, tag="payment.failed", frozen=True):
    amount: int
    currency: str
    method: str
    reason: str


class PaymentRefunded(Happening, tag="payment.refunded", frozen=True):
    amount: int
    currency: str
    reason: str


class ReviewWritten(Happening, tag="review.written", frozen=True):
    """`slug` is the product's, `rating` 1 to 5."""

    product: str
    slug: str
    rating: int
