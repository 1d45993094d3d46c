"""Macros at the desk: the saved answers, written, changed, put away and brought back."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from core.database import Database
from core.errors import Invalid
from portal.desk.inbox import AGENT
from portal.desk.tickets import led
from portal.forms import read_form
from portal.rendering import page
from support import macros

HERE = "/desk/macros"


class Written(msgspec.Struct):
    name: str = ""
    body: str = ""


async def _page(
    database: Database,
    *,
    open_id: UUID | None = None,
    typed: Written | None = None,
    errors: dict[str, str] | None = None,
    removed: UUID | None = None,
) -> Response[Any]:
    """The list beside one macro, or beside an empty one."""
    async with database.transaction() as session:
        listed = await macros.everything(session)
        macro = await macros.find(session, open_id) if open_id else None
    if typed is None:
        typed = Written(macro.name, macro.body) if macro else Written()
    context = {
        "macros": listed,
        "macro": macro,
        "typed": typed,
        "errors": errors or {},
        "variables": macros.VARIABLES,
        "removed": removed,
    }
    return page("desk/macros.html", context, status_code=422 if errors else 200)


@get(HERE, guards=[AGENT])
async def show_macros(
    database: NamedDependency[Database], removed: FromQuery[UUID | None] = None
) -> Response[Any]:
    return await _page(database, removed=removed)


@get(HERE + "/{macro_id:uuid}", guards=[AGENT])
async def show_macro(macro_id: FromPath[UUID], database: NamedDependency[Database]) -> Response[Any]:
    return await _page(database, open_id=macro_id)


async def _save(
    request: Request[Any, Any, Any], database: Database, macro_id: UUID | None = None
) -> Response[Any]:
    form = await read_form(request, Written)
    try:
        async with database.transaction() as session:
            macro = await macros.save(session, form.name, form.body, macro_id)
    except Invalid as error:
        return await _page(database, open_id=macro_id, typed=form, errors=error.fields)
    return Redirect(f"{HERE}/{macro.id}", status_code=303)


@post(HERE, guards=[AGENT])
async def add_macro(request: Request[Any, Any, Any], database: NamedDependency[Database]) -> Response[Any]:
    return await _save(request, database)


@post(HERE + "/{macro_id:uuid}", guards=[AGENT])
async def change_macro(
    macro_id: FromPath[UUID], request: Request[Any, Any, Any], database: NamedDependency[Database]
) -> Response[Any]:
    return await _save(request, database, macro_id)


@post(HERE + "/{macro_id:uuid}/remove", guards=[AGENT])
async def remove_macro(macro_id: FromPath[UUID], database: NamedDependency[Database]) -> Response[Any]:
    """Put it away; the next page offers to bring it back."""
    async with database.transaction() as session:
        await macros.remove(session, macro_id)
    return Redirect(f"{HERE}?removed={macro_id}", status_code=303)


@post(HERE + "/{macro_id:uuid}/restore", guards=[AGENT])
async def restore_macro(
    macro_id: FromPath[UUID], request: Request[Any, Any, Any], database: NamedDependency[Database]
) -> Response[Any]:
    async with database.transaction() as session:
        await macros.restore(session, macro_id)
    return led(request, Redirect(f"{HERE}/{macro_id}", status_code=303))


handlers = [show_macros, show_macro, add_macro, change_macro, remove_macro, restore_macro]
