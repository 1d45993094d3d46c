"""Refunds: never more than was charged."""

from sandbox.cards.errors import StripeError, missing
from sandbox.cards.forms import Params
from sandbox.cards.objects import Object, Vault


def create_refund(vault: Vault, params: Params) -> Object:
    """POST /v1/refunds: of a charge or of a payment intent's charge, whole or in part."""
    charge_id, intent_id = params.text("charge"), params.text("payment_intent")
    amount = params.integer("amount", minimum=1)
    reason = params.choice("reason", ("duplicate", "fraudulent", "requested_by_customer"))
    metadata = params.metadata()
    params.ignore("expand")
    params.done()
    charge = _paid_charge(vault, charge_id, intent_id)
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise StripeError(
            400,
            f"Charge {charge['id']} has already been refunded.",
            code="charge_already_refunded",
            executed=True,
        )
    if amount is not None and amount > left:
        sign = charge["currency"].upper()
        raise StripeError(
            400,
            f"Refund amount ({sign} {amount / 100:.2f}) is greater than unrefunded amount on charge"
            f" ({sign} {left / 100:.2f})",
            param="amount",
            executed=True,
        )
    amount = left if amount is None else amount
    refund = vault.add(
        "refund",
        {
            "amount": amount,
            "balance_transaction": None,
            "charge": charge["id"],
            "currency": charge["currency"],
            "destination_details": {
                "card": {
                    "reference_status": "pending",
                    "reference_type": "acquirer_reference_number",
                    "type": "refund",
                },
                "type": "card",
            },
            "metadata": metadata,
            "payment_intent": charge["payment_intent"],
            "reason": reason,
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded",
            "transfer_reversal": None,
        },
    )
    refunded = charge["amount_refunded"] + amount
    vault.change(charge, amount_refunded=refunded, refunded=refunded == charge["amount"])
    vault.tell("refund.created", refund)
    vault.tell("charge.refunded", charge)
    return refund


def _paid_charge(vault: Vault, charge_id: str | None, intent_id: str | None) -> Object:
    if charge_id:
        charge = vault.get("charge", charge_id, "charge")
    elif intent_id:
        intent = vault.get("payment_intent", intent_id, "payment_intent")
        if intent["status"] != "succeeded":
            raise StripeError(
                400,
                f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.",
                param="payment_intent",
            )
        charge = vault.get("charge", intent["latest_charge"])
    else:
        raise missing("payment_intent")
    if not charge["paid"]:
        raise StripeError(400, f"Charge {charge['id']} cannot be refunded: it failed.", param="charge")
    return charge


def balance(vault: Vault) -> Object:
    """GET /v1/balance: what was charged less what was refunded, per currency."""
    totals = vault.totals()
    pots = [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in totals
    ]
    empty = [{"amount": 0, "currency": "eur", "source_types": {"card": 0}}]
    return {"object": "balance", "available": pots or empty, "pending": empty, "livemode": False}
