"""Every route of the API, noun by noun."""

from litestar import Router
from litestar.types import ControllerRouterHandler

from portal.api import (
    campaigns,
    consent,
    conversations,
    customers,
    invoices,
    leads,
    messages,
    orders,
    pictures,
    products,
    reference,
    segments,
    skus,
    tickets,
    timeline,
    webhooks,
)
from portal.api.answers import Tagged
from portal.api.reading import read_strictly

NOUNS = {
    "Customers": customers,
    "Consent": consent,
    "Timeline": timeline,
    "Conversations": conversations,
    "Tickets": tickets,
    "Products": products,
    "Pictures": pictures,
    "Skus": skus,
    "Orders": orders,
    "Invoices and payments": invoices,
    "Segments": segments,
    "Campaigns": campaigns,
    "Messages": messages,
    "Leads": leads,
    "Webhooks": webhooks,
}

ROUTES: list[ControllerRouterHandler] = [
    Router(
        "/api/v1",
        route_handlers=[
            Router("/", route_handlers=module.handlers, tags=[noun]) for noun, module in NOUNS.items()
        ],
        middleware=[Tagged],
        before_request=read_strictly,
        # Whoever brings a token in a header is no browser led astray by another site.
        opt={"exclude_from_csrf": True},
        include_in_schema=True,
    ),
    *reference.handlers,
]
