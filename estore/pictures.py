"""Pictures of products: taken in, put in order, said in words, taken off and brought back."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Self
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from channels import files
from channels.base import Kept
from channels.models import Blob
from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from core.words import worded
from estore.goods import Category, PictureFile, Product, ProductPicture, Sku
from estore.prints import Prints

MOST = 30
MOST_WORDS = 250
# The sizes that are made of a picture, and the one in JPEG; `darkroom`, which knows nothing of us, makes them.
WIDTHS = (160, 320, 640, 960, 1600)
JPEG = "jpg"


@dataclass(frozen=True)
class Reference:
    """What names a picture that was sent, wherever one is named; its sizes follow from it."""

    digest: str
    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.digest}-{self.width}x{self.height}"

    @classmethod
    def read(cls, written: str) -> Self | None:
        """None for the path of a file of ours."""
        found = _WRITTEN.fullmatch(written)
        return cls(found[1], int(found[2]), int(found[3])) if found else None

    @property
    def widths(self) -> list[int]:
        """The widths that there are files of, the largest last."""
        return [*[one for one in WIDTHS if one < self.width], self.width]


_WRITTEN = re.compile(r"([0-9a-f]{32})-([0-9]{1,5})x([0-9]{1,5})")


async def keep(session: AsyncSession, prints: Prints) -> Reference:
    """Store the files of a picture; once, however often it is sent."""
    digests = {name: sha256(content).hexdigest() for name, content in prints.files.items()}
    await files.keep(session, {digests[name]: content for name, content in prints.files.items()})
    await session.execute(
        insert(PictureFile)
        .values([{"digest": prints.digest, "name": name, "sha256": one} for name, one in digests.items()])
        .on_conflict_do_nothing()
    )
    return Reference(prints.digest, prints.width, prints.height)


async def find(session: AsyncSession, digest: str, name: str) -> Kept:
    """The file of a picture. Raises NotFound."""
    row = (
        await session.execute(
            select(Blob)
            .join(PictureFile, PictureFile.sha256 == Blob.sha256)
            .where(PictureFile.digest == digest, PictureFile.name == name)
        )
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("There is nothing at this address.")
    return files.kept(row)


async def of_product(session: AsyncSession, product_id: UUID) -> list[ProductPicture]:
    """The pictures of a product as its page shows them, the main one first."""
    return await of_products(session, [product_id])


async def of_products(session: AsyncSession, product_ids: Sequence[UUID]) -> list[ProductPicture]:
    """The same of several, one product after the other."""
    return list(
        await session.scalars(
            select(ProductPicture)
            .where(ProductPicture.product_id.in_(product_ids), ProductPicture.removed_at.is_(None))
            .order_by(ProductPicture.product_id, ProductPicture.position, ProductPicture.id)
        )
    )


async def add(
    session: AsyncSession, product_id: UUID, prints: Prints, *, alt: str = "", sku_ids: Sequence[UUID] = ()
) -> ProductPicture:
    """Put a picture behind the others of a product; one that it has is brought back. Raises NotFound, Invalid."""
    product = await _locked(session, product_id)
    reference = str(await keep(session, prints))
    there = await of_product(session, product_id)
    found = await session.scalar(
        select(ProductPicture).where(
            ProductPicture.product_id == product_id, ProductPicture.file == reference
        )
    )
    if found is not None and found.removed_at is None:
        return found
    if len(there) >= MOST:
        raise Invalid(worded("A product has at most %(most)s pictures.", most=MOST))
    if found is None:
        found = ProductPicture(product_id=product_id, file=reference, sku_ids=[], alt="", translations={})
        session.add(found)
    found.removed_at = None
    found.position = max((one.position for one in there), default=0) + 1
    await _say(session, found, alt or found.alt, found.translations, sku_ids)
    await _settle(session, product)
    return found


async def say(
    session: AsyncSession,
    product_id: UUID,
    picture_id: UUID,
    *,
    alt: str,
    translations: Mapping[str, str],
    sku_ids: Sequence[UUID],
) -> ProductPicture:
    """What is to be seen in a picture, in English and by language, and the articles that it shows.

    Raises NotFound, Invalid.
    """
    product = await _locked(session, product_id)
    found = await _one(session, product_id, picture_id)
    said = {locale: {"alt": words.strip()} for locale, words in translations.items() if words.strip()}
    await _say(session, found, alt, said, sku_ids)
    await _settle(session, product)
    return found


async def arrange(session: AsyncSession, product_id: UUID, order: Sequence[UUID]) -> None:
    """Put the pictures of a product into this order; those that it does not name stay behind. Raises NotFound."""
    product = await _locked(session, product_id)
    places = {picture_id: place for place, picture_id in enumerate(order)}
    there = await of_product(session, product_id)
    there.sort(key=lambda one: (places.get(one.id, len(places)), one.position))
    for position, one in enumerate(there, start=1):
        one.position = position
    await _settle(session, product)


async def remove(session: AsyncSession, product_id: UUID, picture_id: UUID) -> None:
    """Take a picture off the page; `restore` brings it back where it was. Raises NotFound."""
    product = await _locked(session, product_id)
    found = await _one(session, product_id, picture_id)
    found.removed_at = found.removed_at or now()
    await _settle(session, product)


async def restore(session: AsyncSession, product_id: UUID, picture_id: UUID) -> None:
    """Bring a picture back. Raises NotFound, Conflict where there are too many by now."""
    product = await _locked(session, product_id)
    found = await _one(session, product_id, picture_id)
    if found.removed_at is not None and len(await of_product(session, product_id)) >= MOST:
        raise Conflict(worded("A product has at most %(most)s pictures.", most=MOST))
    found.removed_at = None
    await _settle(session, product)


async def show_category(session: AsyncSession, category_id: UUID, prints: Prints | None) -> None:
    """Give a category a picture, or none. Raises NotFound."""
    category = await session.get(Category, category_id, with_for_update=True)
    if category is None:
        raise NotFound("There is no such category.")
    category.picture = str(await keep(session, prints)) if prints is not None else ""
    await session.flush()


async def _locked(session: AsyncSession, product_id: UUID) -> Product:
    product = await session.get(Product, product_id, with_for_update=True, populate_existing=True)
    if product is None:
        raise NotFound("That product does not exist.")
    return product


async def _one(session: AsyncSession, product_id: UUID, picture_id: UUID) -> ProductPicture:
    found = await session.get(ProductPicture, picture_id)
    if found is None or found.product_id != product_id:
        raise NotFound("That picture does not exist.")
    return found


async def _say(
    session: AsyncSession,
    picture: ProductPicture,
    alt: str,
    translations: Mapping[str, Mapping[str, str]],
    sku_ids: Sequence[UUID],
) -> None:
    too_long = worded("At most %(most)s characters.", most=MOST_WORDS)
    if len(alt.strip()) > MOST_WORDS or any(len(one["alt"]) > MOST_WORDS for one in translations.values()):
        raise Invalid("Some of what you entered needs another look.", {"alt": too_long})
    theirs = set(await session.scalars(select(Sku.id).where(Sku.product_id == picture.product_id)))
    picture.alt, picture.translations = alt.strip(), dict(translations)
    picture.sku_ids = [one for one in dict.fromkeys(sku_ids) if one in theirs]
    await session.flush()


async def _settle(session: AsyncSession, product: Product) -> None:
    """Write down which picture stands for the product and for each of its articles."""
    await session.flush()
    there = await of_product(session, product.id)
    product.picture = there[0].file if there else ""
    shown: dict[UUID, str] = {}
    for one in there:
        for sku_id in one.sku_ids:
            shown.setdefault(sku_id, one.file)
    for sku in await session.scalars(select(Sku).where(Sku.product_id == product.id)):
        sku.picture = shown.get(sku.id, "")
    await session.flush()
