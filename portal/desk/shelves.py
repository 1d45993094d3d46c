"""Categories at the desk: made, renamed, put in order, below one another, with a picture, retired."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from core.errors import Conflict, DomainError, Invalid, NotFound
from core.rendering import gettext as _
from core.staff import Role
from estore import edits, pictures, prints, shelves
from estore.goods import Category
from portal.desk.catalogue import HERE as STORE
from portal.desk.catalogue import PICTURE_TYPES
from portal.desk.tickets import led
from portal.desk.wording import OTHERS, read_translations, shown
from portal.errors import status_of
from portal.forms import read_form
from portal.guards import staff
from portal.pictures import picture
from portal.rendering import page
from portal.uploads import read_uploads
from portal.visits import Visit

HERE = f"{STORE}/categories"
ONE = f"{HERE}/{{category_id:uuid}}"
MERCHANDISER = staff(Role.MERCHANDISER)
KEYS = ("name", "description")


class Form(msgspec.Struct):
    name: str = ""
    slug: str = ""
    description: str = ""
    parent: str = ""


class Going(msgspec.Struct):
    to: str = ""


async def _list(
    database: Database,
    *,
    typed: Form | None = None,
    error: DomainError | None = None,
    retired: UUID | None = None,
) -> Response[Any]:
    async with database.transaction() as session:
        listed = await shelves.everything(session)
        context = {
            "listed": [(one, held, picture(one.picture)) for one, held in listed],
            "retired": await shelves.retired(session),
            "edits": await edits.latest(session, "category"),
        }
    context |= {
        "typed": typed or Form(),
        "parents": [("", _("None"))]
        + [(one.slug, one.name) for one, _held in listed if one.parent_id is None],
        "message": _(error.message) if error is not None else "",
        "errors": {name: _(words) for name, words in getattr(error, "fields", {}).items()},
        "gone": retired,
    }
    status = 200 if error is None else status_of(error)
    return page("desk/shelves.html", context, status_code=status)


@get(HERE, guards=[MERCHANDISER])
async def show_categories(
    database: NamedDependency[Database], retired: FromQuery[UUID | None] = None
) -> Response[Any]:
    return await _list(database, retired=retired)


@post(HERE, guards=[MERCHANDISER])
async def add_category(
    request: Request[Any, Any, Any], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> Response[Any]:
    form = await read_form(request, Form)
    try:
        async with database.transaction() as session:
            said = shelves.Said(
                name=form.name, slug=form.slug, description=form.description, parent=form.parent
            )
            made = await shelves.add(session, said, visit.colleague.id)
    except (Invalid, Conflict) as error:
        return await _list(database, typed=form, error=error)
    return Redirect(f"{HERE}/{made.id}", status_code=303)


async def _find(session: AsyncSession, category_id: UUID) -> Category:
    category = await session.get(Category, category_id)
    if category is None:
        raise NotFound(_("There is no such category."))
    return category


async def _one(
    database: Database,
    category_id: UUID,
    *,
    typed: Form | None = None,
    said: dict[str, dict[str, str]] | None = None,
    error: DomainError | None = None,
) -> Response[Any]:
    async with database.transaction() as session:
        category = await _find(session, category_id)
        listed = await shelves.everything(session)
    parent = next((one.slug for one, _held in listed if one.id == category.parent_id), "")
    context = {
        "category": category,
        "picture": picture(category.picture) if category.picture else None,
        "picture_types": PICTURE_TYPES,
        "typed": typed or Form(category.name, category.slug, category.description, parent),
        "said": said or shown(category.translations, *KEYS),
        "others": OTHERS,
        "held": next((held for one, held in listed if one.id == category.id), 0),
        "parents": [("", _("None"))]
        + [(one.slug, one.name) for one, _held in listed if one.parent_id is None and one.id != category.id],
        "targets": [("", _("Choose"))]
        + [(one.slug, one.name) for one, _held in listed if one.id != category.id],
        "message": _(error.message) if error is not None else "",
        "errors": {name: _(words) for name, words in getattr(error, "fields", {}).items()},
    }
    status = 200 if error is None else status_of(error)
    return page("desk/shelf.html", context, status_code=status)


@get(ONE, guards=[MERCHANDISER])
async def show_category(category_id: FromPath[UUID], database: NamedDependency[Database]) -> Response[Any]:
    return await _one(database, category_id)


@post(ONE, guards=[MERCHANDISER])
async def save_category(
    request: Request[Any, Any, Any],
    category_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
) -> Response[Any]:
    form = await read_form(request, Form)
    translations = await read_translations(request, *KEYS)
    try:
        async with database.transaction() as session:
            said = shelves.Said(
                name=form.name,
                slug=form.slug,
                description=form.description,
                parent=form.parent,
                translations=translations,
            )
            await shelves.save(session, category_id, said, visit.colleague.id)
    except (Invalid, Conflict) as error:
        return await _one(database, category_id, typed=form, said=translations, error=error)
    return Redirect(HERE, status_code=303)


@post(f"{ONE}/picture", guards=[MERCHANDISER])
async def set_picture(
    request: Request[Any, Any, Any], category_id: FromPath[UUID], database: NamedDependency[Database]
) -> Response[Any]:
    """Give it the picture that was sent, or none where that was asked for."""
    sent, without = await read_uploads(request), (await request.form()).get("remove")
    try:
        if not sent and not without:
            raise Invalid(_("Choose a picture."))
        made = None if without else await prints.develop(sent[0][1])
        async with database.transaction() as session:
            await pictures.show_category(session, category_id, made)
    except Invalid as error:
        return await _one(database, category_id, error=Invalid(error.message, {"picture": error.message}))
    return Redirect(f"{HERE}/{category_id}", status_code=303)


@post(f"{ONE}/move/{{way:str}}", guards=[MERCHANDISER])
async def move_category(
    category_id: FromPath[UUID], way: FromPath[str], database: NamedDependency[Database]
) -> Redirect:
    async with database.transaction() as session:
        await shelves.move(session, category_id, later=way == "later")
    return Redirect(HERE, status_code=303)


@post(f"{ONE}/retire", guards=[MERCHANDISER])
async def retire_category(
    request: Request[Any, Any, Any],
    category_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
) -> Response[Any]:
    """Show it no more; its products go where the form says."""
    form = await read_form(request, Going)
    try:
        async with database.transaction() as session:
            await shelves.retire(session, category_id, form.to, visit.colleague.id)
    except (Invalid, Conflict) as error:
        return await _one(database, category_id, error=error)
    return Redirect(f"{HERE}?retired={category_id}", status_code=303)


@post(f"{ONE}/restore", guards=[MERCHANDISER])
async def restore_category(
    request: Request[Any, Any, Any],
    category_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
) -> Response[Any]:
    async with database.transaction() as session:
        await shelves.restore(session, category_id, visit.colleague.id)
    return led(request, Redirect(HERE, status_code=303))


handlers = [
    show_categories, add_category, show_category, save_category, set_picture, move_category, retire_category,
    restore_category,
]  # fmt: skip
