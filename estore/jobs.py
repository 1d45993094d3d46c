"""What the store promises to do after a commit; `workers.handlers.estore` does it."""

from uuid import UUID

from core.jobs import Job


class IssueInvoice(Job, tag="estore.issue_invoice", frozen=True):
    invoice_id: UUID


class SendConfirmation(Job, tag="estore.send_confirmation", frozen=True):
    order_id: UUID


class SendReceipt(Job, tag="estore.send_receipt", frozen=True):
    payment_id: UUID


class SendCreditNote(Job, tag="estore.send_credit_note", frozen=True):
    invoice_id: UUID


class SendShipped(Job, tag="estore.send_shipped", frozen=True):
    order_id: UUID


class SendCancelled(Job, tag="estore.send_cancelled", frozen=True):
    order_id: UUID


class ExpireHold(Job, tag="estore.expire_hold", frozen=True):
    order_id: UUID


class CloseCheckout(Job, tag="estore.close_checkout", frozen=True):
    """Nobody is to pay this attempt any more: tell the gateway."""

    payment_id: UUID


class RefundPayment(Job, tag="estore.refund_payment", frozen=True):
    refund_id: UUID


class ReconcilePayments(Job, tag="estore.reconcile_payments", frozen=True):
    pass
