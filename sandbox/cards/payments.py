"""Payment intents and charges: confirm, 3-D Secure, cancel."""

import secrets
from typing import Any

from sandbox.cards.errors import StripeError, no_such
from sandbox.cards.forms import Params
from sandbox.cards.networks import DECLINES, Card, find_card
from sandbox.cards.objects import Object, Vault, new_id, unix_now

# Stripe's minimum charge, in minor units.
MINIMUM = {
    "eur": 50,
    "usd": 50,
    "gbp": 30,
    "chf": 50,
    "huf": 17500,
    "sek": 300,
    "dkk": 250,
    "nok": 300,
    "pln": 200,
}
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


def require_chargeable(amount: int, currency: str, param: str) -> None:
    """Refuse an amount that is too small or too large to charge."""
    least = MINIMUM.get(currency, 50)
    if amount < least:
        raise StripeError(
            400,
            f"Amount must be at least {least} (minor units of {currency}).",
            code="amount_too_small",
            param=param,
        )
    if amount > 99_999_999:
        raise StripeError(400, "Amount must be no more than 999,999.99", code="amount_too_large", param=param)


def add_intent(vault: Vault, amount: int, currency: str, **more: Any) -> Object:
    id_ = new_id("payment_intent")
    return vault.add(
        "payment_intent",
        {
            "amount": amount,
            "amount_capturable": 0,
            "amount_received": 0,
            "automatic_payment_methods": None,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": "automatic_async",
            "client_secret": f"{id_}_secret_{secrets.token_hex(12)}",
            "confirmation_method": "automatic",
            "currency": currency,
            "customer": None,
            "description": None,
            "last_payment_error": None,
            "latest_charge": None,
            "metadata": {},
            "next_action": None,
            "payment_method": None,
            "payment_method_types": ["card"],
            "receipt_email": None,
            "setup_future_usage": None,
            "shipping": None,
            "statement_descriptor": None,
            "status": "requires_payment_method",
        }
        | more,
        id_,
    )


def create_intent(vault: Vault, params: Params) -> Object:
    """POST /v1/payment_intents"""
    amount = params.integer("amount", required=True, minimum=1) or 0
    currency = params.currency("currency")
    require_chargeable(amount, currency, "amount")
    customer = params.text("customer")
    if customer:
        vault.get("customer", customer, "customer")
    method, confirm = params.text("payment_method"), params.boolean("confirm")
    card = _method_card(method) if method else None
    more: Object = {
        "customer": customer,
        "description": params.text("description"),
        "receipt_email": params.text("receipt_email"),
        "metadata": params.metadata(),
    }
    automatic = params.nested("automatic_payment_methods")
    if automatic.boolean("enabled") is not None:
        more["automatic_payment_methods"] = {
            "allow_redirects": automatic.text("allow_redirects") or "always",
            "enabled": True,
        }
    params.texts("payment_method_types")
    params.boolean("off_session")
    params.choice("confirmation_method", ("automatic", "manual"))
    params.choice("capture_method", ("automatic", "automatic_async"))
    return_url = params.text("return_url")
    params.ignore("expand")
    params.done()
    if confirm and card is None:
        raise StripeError(
            400,
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    intent = add_intent(vault, amount, currency, **more)
    vault.tell("payment_intent.created", intent)
    if card:
        vault.change(intent, payment_method=method, status="requires_confirmation")
    if card and confirm:
        _confirm(vault, intent, card, return_url)
    return intent


def update_intent(vault: Vault, id_: str, params: Params) -> Object:
    """POST /v1/payment_intents/{id}: description, receipt_email and metadata."""
    intent = vault.get("payment_intent", id_, "intent")
    changes: Object = {
        name: params.text(name) for name in ("description", "receipt_email") if params.has(name)
    }
    if params.has("metadata"):
        merged = intent["metadata"] | params.metadata()
        changes["metadata"] = {name: value for name, value in merged.items() if value}
    params.ignore("expand")
    params.done()
    return vault.change(intent, **changes)


def confirm_intent(vault: Vault, id_: str, params: Params) -> Object:
    """POST /v1/payment_intents/{id}/confirm"""
    intent = vault.get("payment_intent", id_, "intent")
    method = params.text("payment_method") or intent["payment_method"]
    return_url = params.text("return_url")
    params.boolean("off_session")
    params.ignore("expand")
    params.done()
    if intent["status"] not in OPEN:
        raise _wrong_state(intent, "confirm")
    if not method:
        raise StripeError(
            400,
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
            payment_intent=intent,
        )
    card = _method_card(method)
    vault.change(intent, payment_method=method)
    return _confirm(vault, intent, card, return_url)


def cancel_intent(vault: Vault, id_: str, params: Params) -> Object:
    """POST /v1/payment_intents/{id}/cancel"""
    intent = vault.get("payment_intent", id_, "intent")
    reasons = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
    reason = params.choice("cancellation_reason", reasons)
    params.ignore("expand")
    params.done()
    if intent["status"] not in OPEN:
        raise _wrong_state(intent, "cancel")
    vault.change(
        intent, status="canceled", canceled_at=unix_now(), cancellation_reason=reason, next_action=None
    )
    vault.tell("payment_intent.canceled", intent)
    return intent


def _wrong_state(intent: Object, verb: str) -> StripeError:
    return StripeError(
        400,
        f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent=intent,
    )


def _method_card(method: str) -> Card:
    card = find_card(method) if method.startswith("pm_") else None
    if card is None:
        raise no_such("PaymentMethod", method, "payment_method")
    return card


def _confirm(vault: Vault, intent: Object, card: Card, return_url: str | None) -> Object:
    if card.answer == "authenticate":
        url = f"{vault.settings.public_url}/authenticate/{intent['id']}"
        action = {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": url}}
        vault.change(intent, status="requires_action", next_action=action)
        vault.tell("payment_intent.requires_action", intent)
        return intent
    if not settle(vault, intent, card):
        error = intent["last_payment_error"]
        raise StripeError(
            402,
            error["message"],
            "card_error",
            code=error["code"],
            executed=True,
            decline_code=error["decline_code"],
            charge=intent["latest_charge"],
            payment_intent=intent,
        )
    return intent


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
