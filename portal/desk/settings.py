"""Settings of the company: what is set where, and what can be switched here."""

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from core.database import Database
from core.errors import Conflict, DomainError, Invalid
from core.rendering import gettext as _
from core.settings import Settings
from core.staff import Role
from core.words import mark
from estore import edits, invoices, methods, sellers, ways
from portal.desk.wording import OTHERS, read_translations, shown
from portal.forms import MAX_LENGTH, read_form
from portal.guards import staff
from portal.rendering import page
from portal.visits import Visit

HERE = "/desk/settings"


class Switch(msgspec.Struct):
    on: bool = False


class MethodForm(msgspec.Struct):
    """A way to pay, as it is typed."""

    name: str = ""
    kind: str = "transfer"
    detail: str = ""
    account_holder: str = ""
    iban: str = ""
    bic: str = ""
    bank: str = ""
    days_to_pay: str = ""
    for_companies: bool = False


# What stands on an invoice about the company, in the order of a letterhead.
SELLER = {
    "name": mark("Name"),
    "tagline": mark("Tagline"),
    "street": mark("Street and number"),
    "postcode": mark("Postcode"),
    "city": mark("Town"),
    "country": mark("Code of the country"),
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
            "edits": await edits.latest(session, "payment_method"),
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
    request: Request[Any, Any, Any],
    code: FromPath[str],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
) -> Response[Any]:
    form = await read_form(request, Switch)
    async with database.transaction() as session:
        await methods.switch(session, code, form.on, visit.colleague.id)
    return Redirect(HERE, status_code=303)


def _days(typed: str) -> int:
    if typed and not (typed.isascii() and typed.isdigit() and len(typed) < 5):
        raise Invalid(_("That is not a number."), {"days_to_pay": mark("Enter a whole number of days.")})
    return int(typed or 0)


async def _meant(request: Request[Any, Any, Any], form: MethodForm) -> ways.Said:
    return ways.Said(
        name=form.name,
        kind=form.kind,
        detail=form.detail,
        instructions={name: getattr(form, name) for name in ways.BANK},
        days_to_pay=_days(form.days_to_pay),
        for_companies=form.for_companies,
        translations=await read_translations(request, "name", "detail"),
    )


async def _method(
    database: Database,
    code: str,
    typed: MethodForm | None = None,
    said: dict[str, dict[str, str]] | None = None,
    error: DomainError | None = None,
) -> Response[Any]:
    """One way to pay; `code` is "new" for one that there is not yet."""
    method = None
    async with database.transaction() as session:
        if code != "new":
            method = await ways.find(session, code)
    if typed is None and method is not None:
        bank = {name: str(method.instructions.get(name, "")) for name in ways.BANK}
        typed = MethodForm(
            name=method.name,
            kind=method.kind,
            detail=method.detail,
            days_to_pay=str(method.days_to_pay or ""),
            for_companies=method.for_companies,
            **bank,
        )
    context = {
        "method": method,
        "code": code,
        "typed": typed or MethodForm(),
        "said": said or shown(method.translations if method else {}, "name", "detail"),
        "others": OTHERS,
        "message": _(error.message) if error is not None else "",
        "errors": {name: _(words) for name, words in getattr(error, "fields", {}).items()},
    }
    return page("desk/payment_method.html", context, status_code=200 if error is None else 422)


@get(HERE + "/payment-methods/{code:str}", guards=[staff(Role.ADMIN)])
async def show_payment_method(code: FromPath[str], database: NamedDependency[Database]) -> Response[Any]:
    return await _method(database, code)


@post(HERE + "/payment-methods/{code:str}/words", guards=[staff(Role.ADMIN)])
async def save_payment_method(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
) -> Response[Any]:
    """Take over what is said of a way to pay; a mistake keeps all that was typed."""
    form = await read_form(request, MethodForm)
    try:
        said = await _meant(request, form)
        async with database.transaction() as session:
            if code == "new":
                await ways.add(session, said, visit.colleague.id)
            else:
                await ways.save(session, code, said, visit.colleague.id)
    except (Invalid, Conflict) as error:
        kept = await read_translations(request, "name", "detail")
        return await _method(database, code, form, kept, error)
    return Redirect(HERE, status_code=303)


async def _company(
    database: Database, typed: dict[str, str] | None = None, error: Invalid | None = None
) -> Response[Any]:
    async with database.transaction() as session:
        kept = await invoices.seller(session)
        latest = await edits.latest(session, "seller")
    context = {
        "fields": [
            (
                name,
                _(words),
                typed.get(name, "") if typed else str(kept.get(name, "")),
                name not in sellers.NEEDED,
            )
            for name, words in SELLER.items()
        ],
        "errors": {name: _(words) for name, words in (error.fields if error else {}).items()},
        "edits": latest,
    }
    return page("desk/company.html", context, status_code=422 if error else 200)


@get(HERE + "/company", guards=[staff(Role.ADMIN)])
async def show_company(database: NamedDependency[Database]) -> Response[Any]:
    return await _company(database)


@post(HERE + "/company", guards=[staff(Role.ADMIN)])
async def save_company(
    request: Request[Any, Any, Any], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> Response[Any]:
    """Take over who sells, for what is issued from now on."""
    form = await request.form()
    typed = {name: str(form.get(name, "")).replace("\x00", "")[:MAX_LENGTH] for name in SELLER}
    try:
        async with database.transaction() as session:
            await sellers.save(session, typed, visit.colleague.id)
    except Invalid as error:
        return await _company(database, typed, error)
    return Redirect(HERE, status_code=303)


handlers = [
    show_company,
    save_company,
    show_settings,
    switch_payment_method,
    show_payment_method,
    save_payment_method,
]
