"""Settings of the company: what is set where, and what can be switched here."""

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from core.database import Database
from core.rendering import gettext as _
from core.settings import Settings
from core.staff import Role
from core.words import mark
from estore import invoices, methods
from portal.forms import read_form
from portal.guards import staff
from portal.rendering import page

HERE = "/desk/settings"


class Switch(msgspec.Struct):
    on: bool = False


# What stands on an invoice about the company, in the order of a letterhead.
SELLER = {
    "name": mark("Name"),
    "tagline": mark("Tagline"),
    "street": mark("Street and number"),
    "postcode": mark("Postcode"),
    "city": mark("Town"),
    "country_name": mark("Country"),
    "email": mark("E-mail"),
    "phone": mark("Phone"),
    "website": mark("Website"),
    "vat_id": mark("Tax number"),
    "register": mark("Register"),
    "time_zone": mark("Time zone"),
}


def _said(seller: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(_(words), seller[name]) for name, words in SELLER.items() if seller.get(name)]


@get(HERE, guards=[staff(Role.ADMIN)])
async def show_settings(
    database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    async with database.transaction() as session:
        context = {
            "facts": _said(await invoices.seller(session)),
            "methods": await methods.everything(session),
            # Never the settings themselves: they hold secrets.
            "installation": [
                ("THROUGHLINE_PUBLIC_URL", settings.public_url),
                ("THROUGHLINE_COMPANY_NAME", settings.company_name),
                ("THROUGHLINE_CURRENCY", settings.currency),
                ("THROUGHLINE_COUNTRY", settings.country),
                ("THROUGHLINE_MAIL_DOMAIN", settings.mail_domain),
                ("THROUGHLINE_TWILIO_NUMBER", settings.twilio_number),
            ],
        }
    return page("desk/settings.html", context)


@post(HERE + "/payment-methods/{code:str}", guards=[staff(Role.ADMIN)])
async def switch_payment_method(
    request: Request[Any, Any, Any], code: FromPath[str], database: NamedDependency[Database]
) -> Response[Any]:
    form = await read_form(request, Switch)
    async with database.transaction() as session:
        await methods.switch(session, code, form.on)
    return Redirect(HERE, status_code=303)


handlers = [show_settings, switch_payment_method]
