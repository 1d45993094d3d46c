"""Pictures of products over the API: sent whole, said in words, put in order, taken off."""

import binascii
from base64 import b64decode
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from core.errors import Invalid, NotFound
from core.rendering import gettext as _
from core.settings import Settings
from core.words import mark
from estore import pictures, prints
from estore.goods import Product, ProductPicture, Sku
from portal.api.answers import once
from portal.api.fields import TEXT, Language
from portal.guards import program
from portal.pictures import picture

WRITE = program("catalogue:write")

# The smallest picture there is: to be replaced.
POINT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
Alt = Annotated[
    str,
    Meta(max_length=pictures.MOST_WORDS, pattern=TEXT, description="What is to be seen; empty: the name."),
]
Alts = Annotated[
    dict[Language, Alt], Meta(description="The same in other languages.", examples=[{"de": "Von vorn"}])
]
Codes = Annotated[
    list[Annotated[str, Meta(max_length=40, pattern=TEXT)]],
    Meta(max_length=100, description="Codes of the SKUs that it shows, where it shows certain ones."),
]


class PictureOut(msgspec.Struct):
    """A picture as the store shows it, the main one first; `url` is a JPEG where `sizes`, in WebP, are not empty."""

    id: UUID
    url: str
    alt: str
    alts: dict[str, str]
    skus: list[str]
    width: Annotated[int | None, Meta(description="Of the largest size.")]
    height: int | None
    sizes: list["PictureSizeOut"]


class PictureSizeOut(msgspec.Struct):
    width: int
    url: str


class PictureIn(msgspec.Struct, forbid_unknown_fields=True):
    """A picture to put behind the others: JPEG, PNG, WebP or AVIF. The same one again changes nothing."""

    content: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=prints.MOST * 4 // 3 + 4,
            pattern=r"^[A-Za-z0-9+/]+={0,2}$",
            description="The file in Base64 (RFC 4648, section 4).",
            examples=[POINT],
        ),
    ]
    alt: Alt = ""
    alts: Alts = {}
    skus: Codes = []


class PictureChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays. `position` 1 makes it the main picture."""

    alt: Alt | UnsetType = UNSET
    alts: Alts | UnsetType = UNSET
    skus: Codes | UnsetType = UNSET
    position: Annotated[int, Meta(ge=1, le=pictures.MOST, examples=[1])] | UnsetType = UNSET


def show(one: ProductPicture, codes: dict[UUID, str], public_url: str) -> PictureOut:
    """A picture in the API's words; `codes` are those of its product's SKUs."""
    shown, base = picture(one.file), public_url.rstrip("/")
    sized = pictures.Reference.read(one.file)
    return PictureOut(
        one.id,
        base + (shown.jpeg or shown.src),
        one.alt,
        {locale: str(words.get("alt", "")) for locale, words in one.translations.items()},
        [codes[sku_id] for sku_id in one.sku_ids if sku_id in codes],
        sized.width if sized else None,
        sized.height if sized else None,
        [PictureSizeOut(width, f"{base}/pictures/{sized.digest}-{width}.webp") for width in sized.widths]
        if sized
        else [],
    )


async def _codes(session: AsyncSession, product_id: UUID) -> dict[UUID, str]:
    if await session.get(Product, product_id) is None:
        raise NotFound(_("That article does not exist."))
    rows = await session.execute(select(Sku.id, Sku.code).where(Sku.product_id == product_id))
    return {sku_id: code for sku_id, code in rows}


def _ids(codes: dict[UUID, str], wanted: list[str]) -> list[UUID]:
    """Raises Invalid for a code that is none of this product's."""
    ids = {code: sku_id for sku_id, code in codes.items()}
    wrong = {
        f"skus/{place}": mark("This product has no such article.")
        for place, code in enumerate(wanted)
        if code not in ids
    }
    if wrong:
        raise Invalid("Some of what you entered needs another look.", wrong)
    return [ids[code] for code in wanted]


@post("/products/{product_id:uuid}/pictures", guards=[WRITE])
async def add_picture(
    product_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    data: JSONBody[PictureIn],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[PictureOut]:
    """Put a picture behind the others of a product."""
    async with database.transaction() as session:
        codes = await _codes(session, product_id)
        sku_ids = _ids(codes, data.skus)
    try:
        made = await prints.develop(b64decode(data.content, validate=True))
    except binascii.Error:
        raise Invalid(_("This is no Base64."), {"content": mark("This is no Base64.")}) from None
    except Invalid as error:
        raise Invalid(error.message, {"content": error.message}) from None

    async def act(session: AsyncSession) -> PictureOut:
        one = await pictures.add(session, product_id, made)
        one = await pictures.say(
            session,
            product_id,
            one.id,
            alt=data.alt or one.alt,
            translations=_translated(data.alts, one),
            sku_ids=sku_ids or one.sku_ids,
        )
        return show(one, codes, settings.public_url)

    return await once(request, database, act)


def _translated(alts: Any, one: ProductPicture) -> dict[str, str]:
    """What is said of a picture in languages other than English, after a change."""
    kept = {locale: str(words.get("alt", "")) for locale, words in one.translations.items()}
    return kept | {locale: words for locale, words in alts.items() if locale != "en"}


@patch("/products/{product_id:uuid}/pictures/{picture_id:uuid}", guards=[WRITE])
async def change_picture(
    product_id: FromPath[UUID],
    picture_id: FromPath[UUID],
    data: JSONBody[PictureChange],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> PictureOut:
    """Change what is said of a picture, or its place among the others."""
    async with database.transaction() as session:
        codes = await _codes(session, product_id)
        there = await pictures.of_product(session, product_id)
        one = next((each for each in there if each.id == picture_id), None)
        if one is None:
            raise NotFound(_("That picture does not exist."))
        await pictures.say(
            session,
            product_id,
            picture_id,
            alt=one.alt if data.alt is UNSET else data.alt,
            translations=_translated({} if data.alts is UNSET else data.alts, one),
            sku_ids=one.sku_ids if data.skus is UNSET else _ids(codes, data.skus),
        )
        if data.position is not UNSET:
            order = [each.id for each in there if each.id != picture_id]
            order.insert(data.position - 1, picture_id)
            await pictures.arrange(session, product_id, order)
        return show(one, codes, settings.public_url)


@delete("/products/{product_id:uuid}/pictures/{picture_id:uuid}", guards=[WRITE])
async def remove_picture(
    product_id: FromPath[UUID], picture_id: FromPath[UUID], database: NamedDependency[Database]
) -> None:
    """Take a picture off the product; it stays at its address for those who have it already."""
    async with database.transaction() as session:
        await pictures.remove(session, product_id, picture_id)


handlers = [add_picture, change_picture, remove_picture]
