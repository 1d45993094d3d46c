"""Customers of the card network."""

from sandbox.cards.forms import Params
from sandbox.cards.objects import Object, Vault

_FIELDS = ("name", "email", "phone", "description")


def create_customer(vault: Vault, params: Params) -> Object:
    """POST /v1/customers"""
    fields = {name: params.text(name) for name in _FIELDS}
    metadata, address = params.metadata(), _address(params)
    params.ignore("expand", "preferred_locales")
    params.done()
    customer = vault.add(
        "customer",
        {
            "address": address,
            "balance": 0,
            "currency": None,
            "default_source": None,
            "delinquent": False,
            "metadata": metadata,
            "shipping": None,
            "tax_exempt": "none",
        }
        | fields,
    )
    vault.tell("customer.created", customer)
    return customer


def update_customer(vault: Vault, id_: str, params: Params) -> Object:
    """POST /v1/customers/{id}"""
    customer = vault.get("customer", id_)
    changes: Object = {name: params.text(name) for name in _FIELDS if params.has(name)}
    if params.has("address"):
        changes["address"] = _address(params)
    if params.has("metadata"):
        merged = customer["metadata"] | params.metadata()
        changes["metadata"] = {name: value for name, value in merged.items() if value}
    params.ignore("expand", "preferred_locales")
    params.done()
    vault.change(customer, **changes)
    vault.tell("customer.updated", customer)
    return customer


def _address(params: Params) -> Object | None:
    if not params.has("address"):
        return None
    address = params.nested("address")
    return {
        name: address.text(name) for name in ("city", "country", "line1", "line2", "postal_code", "state")
    }
