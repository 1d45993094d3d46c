"""Pictures of a product at the desk: sent, put in order, said in words, taken off and brought back."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from core.database import Database
from core.errors import DomainError, Invalid
from core.rendering import LANGUAGES
from core.rendering import gettext as _
from core.staff import Role
from core.words import worded
from estore import catalogue, pictures, prints
from portal.desk.catalogue import HERE, product_page
from portal.desk.tickets import led
from portal.forms import MAX_LENGTH
from portal.guards import staff
from portal.uploads import read_uploads

MERCHANDISER = staff(Role.MERCHANDISER)
ALL = f"{HERE}/products/{{slug:str}}/pictures"
# What one form may bring: several pictures as cameras make them.
MOST_BYTES = 100 * 1024 * 1024
MOST_AT_ONCE = 20


def _back(slug: str, query: str = "") -> Redirect:
    return Redirect(f"{HERE}/products/{slug}{query}#pictures", status_code=303)


@post(ALL, guards=[MERCHANDISER], request_max_body_size=MOST_BYTES)
async def add_pictures(
    request: Request[Any, Any, Any], slug: FromPath[str], database: NamedDependency[Database]
) -> Response[Any]:
    """Put pictures behind the others; each that cannot be taken is named, and the rest are kept."""
    sent = await read_uploads(request)
    refused: list[str] = []
    async with database.transaction() as session:
        product_id = (await catalogue.show(session, slug, inactive=True)).product.id
    if not sent:
        refused.append(_("Choose at least one picture."))
    if len(sent) > MOST_AT_ONCE:
        refused.append(
            _(worded("At most %(most)s pictures at once: the others were left out.", most=MOST_AT_ONCE))
        )
    for filename, content in sent[:MOST_AT_ONCE]:
        try:
            made = await prints.develop(content)
            async with database.transaction() as session:
                await pictures.add(session, product_id, made)
        except DomainError as error:
            refused.append(f"{filename}: {_(error.message)}")
    if refused:
        return await product_page(database, slug, refused=refused, status=422)
    return _back(slug)


@post(f"{ALL}/arrange", guards=[MERCHANDISER])
async def arrange_pictures(
    request: Request[Any, Any, Any], slug: FromPath[str], database: NamedDependency[Database]
) -> Response[Any]:
    """Take over the words of all pictures and their order, and do to one what its button says (`act`: "later <id>")."""
    form = await request.form()
    act, _space, of = str(form.get("act", "")).partition(" ")
    removed = ""
    try:
        async with database.transaction() as session:
            product_id = (await catalogue.show(session, slug, inactive=True)).product.id
            there = {str(one.id): one.id for one in await pictures.of_product(session, product_id)}
            for key, picture_id in there.items():
                if f"alt-{key}" in form:
                    await pictures.say(session, product_id, picture_id, **_said(form, key))
            order = [there[key] for key in str(form.get("order", "")).split() if key in there] or [
                *there.values()
            ]
            if of in there and act in ("first", "earlier", "later"):
                order = _moved(order, there[of], act)
            await pictures.arrange(session, product_id, order)
            if of in there and act == "remove":
                await pictures.remove(session, product_id, there[of])
                removed = of
    except Invalid as error:
        words = next(iter(error.fields.values()), error.message)
        return await product_page(database, slug, refused=[_(words)], status=422)
    return _back(slug, f"?removed={removed}" if removed else "")


def _said(form: Any, key: str) -> dict[str, Any]:
    """What a picture's fields hold."""

    def text(name: str) -> str:
        given = form.get(name, "")
        return "" if isinstance(given, UploadFile) else str(given).replace("\x00", "").strip()[:MAX_LENGTH]

    translations = {code: text(f"alt-{key}-{code}") for code in LANGUAGES if code != "en"}
    return {"alt": text(f"alt-{key}"), "translations": translations, "sku_ids": _ids(form, f"sku-{key}")}


def _ids(form: Any, name: str) -> list[UUID]:
    found = []
    for each in form.getall(name, []):
        try:
            found.append(UUID(str(each)))
        except ValueError:
            # No form of ours sends that.
            continue
    return found


def _moved(order: list[UUID], one: UUID, act: str) -> list[UUID]:
    place = order.index(one)
    others = [each for each in order if each != one]
    target = {"first": 0, "earlier": max(place - 1, 0), "later": place + 1}[act]
    return [*others[:target], one, *others[target:]]


@post(f"{ALL}/{{picture_id:uuid}}/restore", guards=[MERCHANDISER])
async def restore_picture(
    request: Request[Any, Any, Any],
    slug: FromPath[str],
    picture_id: FromPath[UUID],
    database: NamedDependency[Database],
) -> Response[Any]:
    """Bring back what was just taken off."""
    async with database.transaction() as session:
        product_id = (await catalogue.show(session, slug, inactive=True)).product.id
        await pictures.restore(session, product_id, picture_id)
    return led(request, _back(slug))


handlers = [add_pictures, arrange_pictures, restore_picture]
