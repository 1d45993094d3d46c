"""Checkout sessions, and what a person does on the hosted page."""

from typing import Any
from urllib.parse import urlsplit

from sandbox.cards.charges import refuse_authentication, settle
from sandbox.cards.errors import StripeError, missing
from sandbox.cards.forms import Params
from sandbox.cards.networks import find_card
from sandbox.cards.objects import Object, Vault, new_id, unix_now
from sandbox.cards.payments import add_intent, require_chargeable

HALF_AN_HOUR, A_DAY = 30 * 60, 24 * 3600


def create_session(vault: Vault, params: Params) -> Object:
    """POST /v1/checkout/sessions: mode payment, line items by price_data."""
    mode = params.require("mode")
    if mode != "payment":
        raise StripeError(400, f"Mode {mode} is not offered by this stand-in; use payment.", param="mode")
    lines = [_line(item) for item in params.items("line_items", required=True)]
    if not lines:
        raise missing("line_items")
    currencies = {line["currency"] for line in lines}
    if len(currencies) > 1:
        raise StripeError(400, "All line items must have the same currency.", param="line_items")
    currency = currencies.pop()
    total = sum(line["amount_total"] for line in lines)
    require_chargeable(total, currency, "line_items")
    success_url = _address(params, "success_url", required=True)
    cancel_url = _address(params, "cancel_url")
    customer, email = params.text("customer"), params.text("customer_email")
    if customer and email:
        raise StripeError(
            400, "You may only specify one of these parameters: customer, customer_email.", param="customer"
        )
    if customer:
        vault.get("customer", customer, "customer")
    expires_at = params.integer("expires_at") or unix_now() + A_DAY
    if not unix_now() + HALF_AN_HOUR - 60 <= expires_at <= unix_now() + A_DAY + 60:
        raise StripeError(
            400,
            "The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from Checkout"
            " Session creation.",
            param="expires_at",
        )
    intent_data = params.nested("payment_intent_data")
    for_intent = {
        "metadata": intent_data.metadata(),
        "description": intent_data.text("description"),
        "receipt_email": intent_data.text("receipt_email"),
        "statement_descriptor": intent_data.text("statement_descriptor"),
    }
    intent_data.ignore("capture_method", "setup_future_usage", "shipping", "statement_descriptor_suffix")
    id_ = new_id("checkout.session")
    session = {
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": params.text("billing_address_collection"),
        "cancel_url": cancel_url,
        "client_reference_id": params.text("client_reference_id"),
        "client_secret": None,
        "currency": currency,
        "customer": customer,
        "customer_creation": params.choice("customer_creation", ("always", "if_required"), "if_required"),
        "customer_details": {"email": email} if email else None,
        "customer_email": email,
        "expires_at": expires_at,
        "invoice": None,
        "invoice_creation": {"enabled": False, "invoice_data": None},
        "locale": params.text("locale"),
        "metadata": params.metadata(),
        "mode": mode,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_options": {},
        "payment_method_types": params.texts("payment_method_types") or ["card"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.choice("submit_type", ("auto", "pay", "book", "donate")),
        "subscription": None,
        "success_url": success_url,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": params.choice("ui_mode", ("hosted", "hosted_page"), "hosted_page"),
        "url": f"{vault.settings.public_url}/checkout/{id_}",
    }
    params.ignore("expand", "payment_method_options")
    params.done()
    session = vault.add("checkout.session", session, id_)
    vault.keep_line_items(id_, lines)
    vault.keep_setting(f"intent of {id_}", for_intent)
    return session


def _line(item: Params) -> Object:
    price, quantity = item.nested("price_data", required=True), item.integer("quantity", minimum=1) or 1
    product = price.nested("product_data", required=True)
    name, description = product.require("name"), product.text("description")
    product.texts("images")
    product.metadata()
    product.text("tax_code")
    price.choice("tax_behavior", ("exclusive", "inclusive", "unspecified"))
    amount = price.integer("unit_amount", required=True) or 0
    currency = price.currency("currency")
    return {
        "id": new_id("charge").replace("ch_", "li_"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": amount * quantity,
        "amount_tax": 0,
        "amount_total": amount * quantity,
        "currency": currency,
        "description": name,
        "note": description,
        "price": {"object": "price", "currency": currency, "unit_amount": amount, "type": "one_time"},
        "quantity": quantity,
    }


def _address(params: Params, name: str, required: bool = False) -> str | None:
    url = params.text(name, required=required)
    if url:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise StripeError(400, "Not a valid URL", code="url_invalid", param=name)
    return url


def expire_session(vault: Vault, session: Object) -> Object:
    """Close an open session; the page then says so."""
    if session["status"] != "open":
        raise StripeError(
            400,
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a'
            f" status of `{session['status']}`.",
        )
    if session["payment_intent"]:
        intent = vault.get("payment_intent", session["payment_intent"])
        vault.change(
            intent,
            status="canceled",
            canceled_at=unix_now(),
            cancellation_reason="automatic",
            next_action=None,
        )
        vault.tell("payment_intent.canceled", intent)
    vault.change(session, status="expired", url=None)
    vault.tell("checkout.session.expired", session)
    return session


def success_address(session: Object) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


class RefusedError(Exception):
    """The person cannot pay like that; the message is what the page says."""


def pay_session(
    vault: Vault, session: Object, card_number: str, email: str | None, name: str | None = None
) -> str:
    """A person presses "Pay": "complete" or "authenticate"; RefusedError leaves the session open."""
    if session["status"] != "open":
        raise RefusedError("This page is closed: it was paid, or its time ran out.")
    card = find_card(card_number)
    if card is None:
        raise RefusedError("Your card number is not complete or not valid. Nothing was charged.")
    email = session["customer_email"] or email or _customer_email(vault, session)
    if not email or "@" not in email:
        raise RefusedError("Please give an e-mail address for the receipt. Nothing was charged.")
    intent = _intent(vault, session)
    vault.change(session, payment_intent=intent["id"], customer_details=_details(email, name))
    if card.answer == "authenticate":
        url = f"{vault.settings.public_url}/checkout/{session['id']}/authenticate"
        action = {"type": "redirect_to_url", "redirect_to_url": {"return_url": None, "url": url}}
        vault.change(intent, status="requires_action", next_action=action)
        vault.tell("payment_intent.requires_action", intent)
        return "authenticate"
    if not settle(vault, intent, card, email, name):
        raise RefusedError(
            f"{intent['last_payment_error']['message']} Nothing was charged; try another card."
        )
    _complete(vault, session)
    return "complete"


def finish_authentication(vault: Vault, session: Object, passed: bool) -> None:
    """The person answered their bank's question. Raises RefusedError, with the session still open."""
    intent = vault.get("payment_intent", session["payment_intent"]) if session["payment_intent"] else None
    if session["status"] != "open" or intent is None or intent["status"] != "requires_action":
        raise RefusedError("There is nothing to confirm here any more.")
    if not passed:
        refuse_authentication(vault, intent)
        raise RefusedError("Your bank could not confirm that it was you. Nothing was charged; try again.")
    details = session["customer_details"] or {}
    card = find_card("4000002500003155")
    assert card is not None
    settle(vault, intent, card, details.get("email"), details.get("name"))
    _complete(vault, session)


def _intent(vault: Vault, session: Object) -> Object:
    if session["payment_intent"]:
        return vault.get("payment_intent", session["payment_intent"])
    more: dict[str, Any] = vault.setting(f"intent of {session['id']}") or {}
    return add_intent(
        vault, session["amount_total"], session["currency"], customer=session["customer"], **more
    )


def _complete(vault: Vault, session: Object) -> None:
    vault.change(session, status="complete", payment_status="paid", url=None)
    vault.tell("checkout.session.completed", session)


def _customer_email(vault: Vault, session: Object) -> str | None:
    customer = vault.find("customer", session["customer"]) if session["customer"] else None
    return customer["email"] if customer else None


def _details(email: str, name: str | None) -> Object:
    return {"address": None, "email": email, "name": name, "phone": None, "tax_exempt": "none", "tax_ids": []}
