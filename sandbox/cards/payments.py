"""Payment intents: create, confirm, cancel."""

import secrets
from typing import Any

from sandbox.cards.charges import settle
from sandbox.cards.errors import StripeError, no_such
from sandbox.cards.forms import Params
from sandbox.cards.networks import Card, find_card
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
