"""What a colleague sets right in a customer's record: name, company, phone, language."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from core.database import Database
from core.errors import Invalid
from core.rendering import LANGUAGES
from core.rendering import gettext as _
from core.settings import Settings
from core.staff import Role
from customers import profile
from portal.forms import read_form
from portal.guards import staff
from portal.rendering import page

EDITORS = staff(Role.AGENT)


class Profile(msgspec.Struct):
    name: str = ""
    company: str = ""
    phone: str = ""
    locale: str = "en"


async def _page(
    database: Database, customer_id: UUID, typed: Profile | None = None, errors: dict[str, str] | None = None
) -> Response[Any]:
    async with database.transaction() as session:
        customer = await profile.show(session, customer_id)
        typed = typed or Profile(customer.name, customer.company, "", customer.locale)
    context = {
        "customer": customer,
        "typed": typed,
        "errors": errors or {},
        "choices": list(LANGUAGES.items()),
    }
    return page("desk/customers/edit.html", context, status_code=422 if errors else 200)


@get("/desk/customers/{customer_id:uuid}/edit", guards=[EDITORS])
async def show_edit(customer_id: FromPath[UUID], database: NamedDependency[Database]) -> Response[Any]:
    return await _page(database, customer_id)


@post("/desk/customers/{customer_id:uuid}/edit", guards=[EDITORS])
async def edit(
    customer_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Keep what was typed; a new number is a claim until the customer proves it."""
    form = await read_form(request, Profile)
    try:
        if form.locale not in LANGUAGES:
            raise Invalid(
                _("Some of what you entered needs another look."), {"locale": _("Choose a language.")}
            )
        async with database.transaction() as session:
            customer = await profile.change(
                session,
                customer_id,
                name=form.name,
                company=form.company,
                phone=form.phone,
                locale=form.locale,
                country=settings.country,
            )
    except Invalid as error:
        return await _page(
            database,
            customer_id,
            form,
            {name: _(words) for name, words in error.fields.items()} or {"name": _(error.message)},
        )
    return Redirect(f"/desk/customers/{customer.id}", status_code=303)


handlers = [show_edit, edit]
