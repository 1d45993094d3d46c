"""Every route of the HTTP door, module by module."""

from typing import Any

from litestar import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.response import ServerSentEvent
from litestar.types import ControllerRouterHandler

from portal import files, guards, health, pictures, sheets, webhooks
from portal.api import routes as api
from portal.customer import (
    account,
    callbacks,
    cart,
    chat,
    checkout,
    help,
    invoices,
    language,
    orders,
    products,
    signin,
    site,
    store,
    tickets,
    tracking,
)
from portal.desk import (
    articles,
    assortment,
    campaign_reports,
    campaign_steps,
    campaigns,
    composer,
    conversations,
    customers,
    entries,
    figures,
    forwards,
    home,
    inbox,
    kept_out,
    letters,
    macros,
    mails,
    operations,
    originals,
    palette,
    payments,
    previews,
    profiles,
    programs,
    reviews,
    searching,
    segments,
    selling,
    settings,
    shelves,
    team,
    teams,
)
from portal.desk import catalogue as desk_catalogue
from portal.desk import invoices as desk_invoices
from portal.desk import orders as desk_orders
from portal.desk import pictures as desk_pictures
from portal.desk import signin as desk_signin
from portal.desk import styleguide as desk_styleguide
from portal.desk import tickets as desk_tickets

MODULES: list[Any] = [
    health,
    sheets,
    pictures,
    webhooks,
    store,
    products,
    cart,
    checkout,
    orders,
    invoices,
    signin,
    account,
    help,
    callbacks,
    tickets,
    chat,
    files,
    tracking,
    language,
    site,
    desk_signin,
    home,
    inbox,
    conversations,
    composer,
    originals,
    forwards,
    searching,
    kept_out,
    desk_tickets,
    letters,
    macros,
    desk_catalogue,
    assortment,
    desk_pictures,
    shelves,
    selling,
    desk_orders,
    desk_invoices,
    reviews,
    payments,
    figures,
    customers,
    entries,
    profiles,
    campaigns,
    campaign_steps,
    campaign_reports,
    previews,
    segments,
    articles,
    palette,
    team,
    teams,
    settings,
    programs,
    operations,
    mails,
    desk_styleguide,
]


def _answer_head(handler: HTTPRouteHandler) -> HTTPRouteHandler:
    """HEAD asks what a public GET would answer; `Requests` leaves the body out. A stream would never end."""
    if (
        HttpMethod.GET in handler.http_methods
        and guards.anyone in (handler.guards or ())
        and handler.fn.__annotations__.get("return") is not ServerSentEvent
    ):
        handler.http_methods.add(HttpMethod.HEAD)
    return handler


ROUTES: list[ControllerRouterHandler] = [
    *(_answer_head(handler) for module in MODULES for handler in module.handlers),
    *api.ROUTES,
]
