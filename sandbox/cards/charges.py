"""What a card's bank decides: charges, and payment intents settled by them."""

import secrets

from sandbox.cards.networks import DECLINES, Card
from sandbox.cards.objects import Object, Vault


def settle(
    vault: Vault, intent: Object, card: Card, email: str | None = None, name: str | None = None
) -> bool:
    """Let the card's bank decide: True when paid, else the intent wants another card; a charge records it."""
    declined = DECLINES.get(card.answer)
    charge = _charge(vault, intent, card, declined, email, name)
    if declined is None:
        vault.change(
            intent,
            status="succeeded",
            amount_received=intent["amount"],
            latest_charge=charge["id"],
            next_action=None,
            last_payment_error=None,
            payment_method=charge["payment_method"],
        )
        vault.tell("charge.succeeded", charge)
        vault.tell("payment_intent.succeeded", intent)
        return True
    code, message = declined
    error = {
        "charge": charge["id"],
        "code": code,
        "decline_code": card.answer,
        "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
        "message": message,
        "type": "card_error",
    }
    vault.change(
        intent,
        status="requires_payment_method",
        latest_charge=charge["id"],
        last_payment_error=error,
        next_action=None,
        payment_method=None,
    )
    vault.tell("charge.failed", charge)
    vault.tell("payment_intent.payment_failed", intent)
    return False


def refuse_authentication(vault: Vault, intent: Object) -> None:
    """The person failed 3-D Secure: the intent wants another card, and no charge was tried."""
    message = (
        "We are unable to authenticate your payment method. Please choose a different payment method and try"
        " again."
    )
    code = "payment_intent_authentication_failure"
    error = {"code": code, "message": message, "type": "card_error"}
    vault.change(
        intent,
        status="requires_payment_method",
        next_action=None,
        payment_method=None,
        last_payment_error=error,
    )
    vault.tell("payment_intent.payment_failed", intent)


def _charge(
    vault: Vault,
    intent: Object,
    card: Card,
    declined: tuple[str, str] | None,
    email: str | None,
    name: str | None,
) -> Object:
    amount = intent["amount"]
    return vault.add(
        "charge",
        {
            "amount": amount,
            "amount_captured": 0 if declined else amount,
            "amount_refunded": 0,
            "balance_transaction": None,
            "billing_details": {"address": None, "email": email, "name": name, "phone": None, "tax_id": None},
            "calculated_statement_descriptor": "SANDBOX",
            "captured": declined is None,
            "currency": intent["currency"],
            "customer": intent["customer"],
            "description": intent["description"],
            "disputed": False,
            "failure_code": declined[0] if declined else None,
            "failure_message": declined[1] if declined else None,
            "metadata": intent["metadata"],
            "outcome": {
                "network_status": "declined_by_network" if declined else "approved_by_network",
                "reason": card.answer if declined else None,
                "risk_level": "normal",
                "seller_message": "The bank declined the payment." if declined else "Payment complete.",
                "type": "issuer_declined" if declined else "authorized",
            },
            "paid": declined is None,
            "payment_intent": intent["id"],
            "payment_method": intent["payment_method"] or f"pm_{secrets.token_hex(12)}",
            "payment_method_details": {
                "card": {
                    "brand": card.brand,
                    "country": "DE",
                    "exp_month": 12,
                    "exp_year": 2034,
                    "funding": "credit",
                    "last4": card.number[-4:],
                    "network": card.brand,
                    "three_d_secure": None,
                },
                "type": "card",
            },
            "receipt_email": intent["receipt_email"],
            "receipt_url": None,
            "refunded": False,
            "status": "failed" if declined else "succeeded",
        },
    )
