"""How the store sells, at the desk: VAT by country and day, and the ways that goods travel."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from babel import Locale
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from core.database import Database
from core.days import today
from core.errors import Conflict, DomainError, Invalid, NotFound
from core.rendering import gettext as _
from core.settings import Settings
from core.staff import Role
from core.words import mark, worded
from estore import deliveries, edits, taxes
from estore.goods import ShippingMethod
from portal.desk.catalogue import HERE as STORE
from portal.desk.catalogue import minor
from portal.desk.wording import OTHERS, read_translations, shown
from portal.errors import status_of
from portal.forms import read_form
from portal.guards import staff
from portal.rendering import page
from portal.visits import Visit

TAXES = f"{STORE}/taxes"
DELIVERY = f"{STORE}/delivery"
WAY = f"{DELIVERY}/{{code:str}}"
MERCHANDISER = staff(Role.MERCHANDISER)
NAMES = Locale("en").territories


class RateForm(msgspec.Struct):
    country: str = ""
    category: str = taxes.STANDARD
    percent: str = ""
    valid_from: str = ""


class Withdrawn(msgspec.Struct):
    country: str = ""
    category: str = ""
    valid_from: str = ""


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Invalid(_("That is not a day."), {"valid_from": mark("Enter a day like 2027-01-01.")}) from None


def _percent(typed: str) -> Decimal | None:
    try:
        found = Decimal(typed.replace(",", ".").removesuffix("%").strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


async def _taxes(
    database: Database,
    settings: Settings,
    typed: RateForm | None = None,
    error: DomainError | None = None,
) -> Response[Any]:
    day = today(settings.zone)
    async with database.transaction() as session:
        listed = await taxes.everything(session, day)
        kinds = await taxes.kinds(session)
        latest = await edits.latest(session, "tax_rate")
    context = {
        "listed": [
            (
                one,
                NAMES.get(one.rate.country, one.rate.country),
                f"{one.rate.rate * 100:f}".rstrip("0").rstrip("."),
            )
            for one in listed
        ],
        "kinds": kinds,
        "countries": sorted(((code, NAMES[code]) for code in deliveries.COUNTRIES), key=lambda pair: pair[1]),
        "typed": typed or RateForm(country=settings.country, valid_from=day.isoformat()),
        "message": _(error.message) if error is not None else "",
        "errors": {name: _(words) for name, words in getattr(error, "fields", {}).items()},
        "edits": latest,
        "today": day.isoformat(),
    }
    status = 200 if error is None else 409 if isinstance(error, Conflict) else 422
    return page("desk/taxes.html", context, status_code=status)


@get(TAXES, guards=[MERCHANDISER])
async def show_taxes(
    database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    return await _taxes(database, settings)


@post(TAXES, guards=[MERCHANDISER])
async def add_rate(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """A rate that holds from a day on; what was sold before keeps its own."""
    form = await read_form(request, RateForm)
    try:
        valid_from, percent = _day(form.valid_from), _percent(form.percent)
        async with database.transaction() as session:
            await taxes.add(
                session,
                form.country,
                form.category,
                percent,
                valid_from,
                today(settings.zone),
                visit.colleague.id,
            )
    except (Invalid, Conflict) as error:
        return await _taxes(database, settings, form, error)
    return Redirect(TAXES, status_code=303)


@post(f"{TAXES}/withdraw", guards=[MERCHANDISER])
async def withdraw_rate(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Take back a rate before its day."""
    form = await read_form(request, Withdrawn)
    try:
        day = _day(form.valid_from)
        async with database.transaction() as session:
            await taxes.withdraw(
                session, form.country, form.category, day, today(settings.zone), visit.colleague.id
            )
    except (NotFound, Conflict) as error:
        return await _taxes(database, settings, error=error)
    return Redirect(TAXES, status_code=303)


class WayForm(msgspec.Struct):
    """A way that goods travel, as it is typed; `tiers` is a line for each step: "50.00 = 3.90"."""

    name: str = ""
    promise: str = ""
    price: str = ""
    free_from: str = ""
    tiers: str = ""
    tiers_by: str = "goods"
    countries: str = ""
    enabled: bool = False


def _amount(typed: str, name: str) -> int:
    try:
        return minor(typed)
    except Invalid as error:
        raise Invalid(error.message, {name: mark("Enter an amount like 4.90.")}) from None


def _tiers(form: WayForm) -> list[tuple[int, int]]:
    """Raises Invalid for a line that is no step."""
    found = []
    for line in form.tiers.splitlines():
        if not line.strip():
            continue
        least, equals, price = line.partition("=")
        try:
            if not equals:
                raise Invalid("")
            # 5 kg is 5000 g as 5.00 is 500 cents.
            start = minor(least.lower().replace("kg", "").replace("from", "")) * (
                10 if form.tiers_by == "weight" else 1
            )
            found.append((start, minor(price)))
        except Invalid:
            raise Invalid(
                _("That is no step."),
                {
                    "tiers": worded(
                        "“%(line)s” is no step. Write one a line, like “50 = 2.90”.", line=line.strip()[:40]
                    )
                },
            ) from None
    return found


def _countries(typed: str) -> list[str]:
    return [code.upper() for code in typed.replace(",", " ").replace(";", " ").split()]


async def _said(request: Request[Any, Any, Any], form: WayForm) -> deliveries.Said:
    return deliveries.Said(
        name=form.name,
        promise=form.promise,
        price=_amount(form.price, "price"),
        free_from=_amount(form.free_from, "free_from") if form.free_from else None,
        tiers=_tiers(form),
        tiers_by=form.tiers_by,
        countries=_countries(form.countries),
        translations=await read_translations(request, "name", "promise"),
        enabled=form.enabled,
    )


def _plain(amount: int) -> str:
    return f"{amount / 100:.2f}"


def _typed(method: ShippingMethod) -> WayForm:
    by_weight = method.tiers_by == "weight"
    return WayForm(
        method.name,
        method.promise,
        _plain(method.price),
        _plain(method.free_from) if method.free_from is not None else "",
        "\n".join(
            f"{least / 1000:g} kg = {_plain(price)}" if by_weight else f"{_plain(least)} = {_plain(price)}"
            for least, price in method.tiers
        ),
        method.tiers_by,
        ", ".join(method.countries),
        method.enabled,
    )


@get(DELIVERY, guards=[MERCHANDISER])
async def show_delivery(
    database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    async with database.transaction() as session:
        context = {
            "currency": settings.currency,
            "methods": [
                (one, ", ".join(NAMES.get(code, code) for code in one.countries))
                for one in await deliveries.everything(session)
            ],
            "edits": await edits.latest(session, "shipping_method"),
        }
    return page("desk/deliveries.html", context)


async def _way(
    database: Database,
    settings: Settings,
    code: str,
    typed: WayForm | None = None,
    said: dict[str, dict[str, str]] | None = None,
    error: DomainError | None = None,
) -> Response[Any]:
    """One way to deliver; `code` is "new" for one that there is not yet."""
    method = None
    if code != "new":
        async with database.transaction() as session:
            method = await deliveries.find(session, code)
    context = {
        "method": method,
        "code": code,
        "typed": typed or (_typed(method) if method else WayForm(countries=settings.country, enabled=True)),
        "said": said or shown(method.translations if method else {}, "name", "promise"),
        "others": OTHERS,
        "currency": settings.currency,
        "message": _(error.message) if error is not None else "",
        "errors": {name: _(words) for name, words in getattr(error, "fields", {}).items()},
    }
    status = 200 if error is None else status_of(error)
    return page("desk/delivery.html", context, status_code=status)


@get(WAY, guards=[MERCHANDISER])
async def show_way(
    code: FromPath[str], database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    return await _way(database, settings, code)


@post(WAY, guards=[MERCHANDISER])
async def save_way(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Take over a way to deliver; a mistake keeps all that was typed."""
    form = await read_form(request, WayForm)
    try:
        said = await _said(request, form)
        async with database.transaction() as session:
            if code == "new":
                await deliveries.add(session, said, visit.colleague.id)
            else:
                await deliveries.save(session, code, said, visit.colleague.id)
    except (Invalid, Conflict) as error:
        kept = await read_translations(request, "name", "promise")
        return await _way(database, settings, code, form, kept, error)
    return Redirect(DELIVERY, status_code=303)


@post(f"{WAY}/move/{{way:str}}", guards=[MERCHANDISER])
async def move_way(code: FromPath[str], way: FromPath[str], database: NamedDependency[Database]) -> Redirect:
    async with database.transaction() as session:
        await deliveries.move(session, code, later=way == "later")
    return Redirect(DELIVERY, status_code=303)


handlers = [show_taxes, add_rate, withdraw_rate, show_delivery, show_way, save_way, move_way]
