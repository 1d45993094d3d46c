"""Shelves: the categories that the store is ordered by, made, renamed, put in order, retired."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core import slugs
from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from core.words import mark, worded
from estore import edits, search
from estore.goods import Category, FormerSlug, Product

NAME = 80
DESCRIPTION = 300


@dataclass(frozen=True, kw_only=True)
class Said:
    """What is said of a category; `translations` are {locale: {"name": …, "description": …}}, `parent` is a slug."""

    name: str
    slug: str = ""
    description: str = ""
    parent: str = ""
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


async def everything(session: AsyncSession) -> list[tuple[Category, int]]:
    """Every category that is shown, each with those below it behind it, and how many products it has itself."""
    held = select(func.count()).where(Product.category_id == Category.id).scalar_subquery()
    rows = await session.execute(
        select(Category, held).where(Category.retired_at.is_(None)).order_by(Category.position, Category.name)
    )
    counted = [(one, number) for one, number in rows]
    return [
        each
        for top in counted
        if top[0].parent_id is None
        for each in (top, *[one for one in counted if one[0].parent_id == top[0].id])
    ]


async def retired(session: AsyncSession) -> list[Category]:
    """Those that are shown no more, the last first."""
    query = select(Category).where(Category.retired_at.is_not(None)).order_by(Category.retired_at.desc())
    return list(await session.scalars(query))


async def moved(session: AsyncSession, slug: str) -> str | None:
    """The slug of where this former one leads to; None where it leads nowhere."""
    former = await session.get(FormerSlug, slug)
    query = select(Category)
    query = query.where(Category.id == former.category_id) if former else query.where(Category.slug == slug)
    found = await session.scalar(query)
    # Retired into one that was itself retired later.
    for _step in range(10):
        if found is None or found.retired_at is None:
            break
        found = await session.get(Category, found.moved_to_id) if found.moved_to_id else None
    return found.slug if found is not None and found.retired_at is None and found.slug != slug else None


async def add(session: AsyncSession, said: Said, by: UUID | None = None) -> Category:
    """A new category behind the others. Raises Invalid with what is wrong, Conflict."""
    parent = await _check(session, said, None)
    wanted = said.slug or slugs.slug(said.name, "category")
    category = Category(
        slug=wanted if said.slug else await slugs.free(session, Category.slug, wanted),
        name=said.name.strip(),
        description=said.description.strip(),
        picture="",
        parent_id=parent.id if parent else None,
        translations=_translated(said),
        position=(await session.scalar(select(func.max(Category.position))) or 0) + 1,
    )
    session.add(category)
    await slugs.take(session)
    await session.execute(delete(FormerSlug).where(FormerSlug.slug == category.slug))
    await edits.note(session, "category", category.name, by, {}, _facts(category))
    return category


async def save(session: AsyncSession, category_id: UUID, said: Said, by: UUID | None = None) -> Category:
    """Change what is said of a category; a former slug goes on leading here. Raises NotFound, Invalid, Conflict."""
    category = await _locked(session, category_id)
    parent = await _check(session, said, category)
    before, named = _facts(category), (category.name, category.translations)
    if said.slug and said.slug != category.slug:
        old, category.slug = category.slug, said.slug
        await slugs.take(session)
        await session.execute(delete(FormerSlug).where(FormerSlug.slug == category.slug))
        await session.execute(
            insert(FormerSlug)
            .values(slug=old, category_id=category.id)
            .on_conflict_do_update(index_elements=["slug"], set_={"category_id": category.id})
        )
    category.name, category.description = said.name.strip(), said.description.strip()
    category.parent_id, category.translations = parent.id if parent else None, _translated(said)
    await session.flush()
    if named != (category.name, category.translations):
        await _index(session, category.id)
    await edits.note(session, "category", category.name, by, before, _facts(category))
    return category


async def move(session: AsyncSession, category_id: UUID, *, later: bool) -> None:
    """Let a category change places with the one before or behind it. Raises NotFound."""
    category = await _locked(session, category_id)
    beside = [one for one, _held in await everything(session) if one.parent_id == category.parent_id]
    place = beside.index(category)
    target = min(max(place + (1 if later else -1), 0), len(beside) - 1)
    beside.insert(target, beside.pop(place))
    for position, one in enumerate(beside, start=1):
        one.position = position
    await session.flush()


async def retire(session: AsyncSession, category_id: UUID, to: str = "", by: UUID | None = None) -> Category:
    """Show a category no more; its products go `to` another, whose page its address leads to from then on.

    Raises NotFound; Invalid where it has products and `to` is no other category; Conflict while others are below it.
    """
    category = await _locked(session, category_id)
    if await session.scalar(
        select(Category.id).where(Category.parent_id == category.id, Category.retired_at.is_(None)).limit(1)
    ):
        raise Conflict("There are categories below this one. Move or retire them first.")
    target = await _find(session, to) if to else None
    held = await session.scalar(select(func.count()).where(Product.category_id == category.id))
    if (to and target is None) or target is category or (held and target is None):
        raise Invalid("Where do its products go?", {"to": mark("Choose another category for its products.")})
    if held and target is not None:
        last = await session.scalar(
            select(func.max(Product.position)).where(Product.category_id == target.id)
        )
        await session.execute(
            update(Product)
            .where(Product.category_id == category.id)
            .values(category_id=target.id, position=Product.position + (last or 0))
            .execution_options(synchronize_session=False)
        )
        session.expire_all()
        category, target = await _locked(session, category_id), await _find(session, to)
        assert target is not None
        await _index(session, target.id)
    category.retired_at, category.moved_to_id = now(), target.id if target else None
    after = {"retired": True, "products_to": target.name if target else None}
    await session.flush()
    await edits.note(session, "category", category.name, by, {}, after)
    return category


async def restore(session: AsyncSession, category_id: UUID, by: UUID | None = None) -> Category:
    """Show a category again, without the products that went elsewhere, and in the first row where what it was below
    is shown no more. Raises NotFound.
    """
    category = await _locked(session, category_id)
    category.retired_at = category.moved_to_id = None
    parent = await session.get(Category, category.parent_id) if category.parent_id else None
    if parent is not None and parent.retired_at is not None:
        category.parent_id = None
    await session.flush()
    await edits.note(session, "category", category.name, by, {"retired": True}, {"retired": False})
    return category


async def _locked(session: AsyncSession, category_id: UUID) -> Category:
    category = await session.get(Category, category_id, with_for_update=True, populate_existing=True)
    if category is None:
        raise NotFound("There is no such category.")
    return category


async def _find(session: AsyncSession, slug: str) -> Category | None:
    found: Category | None = await session.scalar(
        select(Category).where(Category.slug == slug, Category.retired_at.is_(None))
    )
    return found


async def _check(session: AsyncSession, said: Said, category: Category | None) -> Category | None:
    """The parent, or Invalid with every field that is wrong."""
    wrong: dict[str, str] = {}
    if not said.name.strip() or len(said.name.strip()) > NAME:
        wrong["name"] = worded("Enter a name of at most %(most)s characters.", most=NAME)
    if len(said.description.strip()) > DESCRIPTION:
        wrong["description"] = worded("At most %(most)s characters.", most=DESCRIPTION)
    for locale, words in said.translations.items():
        for key, most in (("name", NAME), ("description", DESCRIPTION)):
            if len(words.get(key, "").strip()) > most:
                wrong[f"{key}-{locale}"] = worded("At most %(most)s characters.", most=most)
    if said.slug and slugs.slug(said.slug, "") != said.slug:
        wrong["slug"] = mark("Small letters, digits and hyphens only.")
    elif (
        said.slug
        and (category is None or said.slug != category.slug)
        and await session.scalar(select(Category.id).where(Category.slug == said.slug))
    ):
        wrong["slug"] = mark("Another category has this address.")
    parent = await _find(session, said.parent) if said.parent else None
    below = aliased(Category)
    if said.parent and (parent is None or parent.parent_id is not None or parent is category):
        wrong["parent"] = mark("Choose one of the categories of the first row.")
    elif (
        parent is not None
        and category is not None
        and await session.scalar(select(below.id).where(below.parent_id == category.id).limit(1))
    ):
        wrong["parent"] = mark("There are categories below this one, so it stays in the first row.")
    if wrong:
        raise Invalid("Some of what you entered needs another look.", wrong)
    return parent


def _translated(said: Said) -> dict[str, dict[str, str]]:
    kept = {
        locale: {key: text.strip() for key, text in words.items() if text.strip()}
        for locale, words in said.translations.items()
    }
    return {locale: words for locale, words in kept.items() if words}


def _facts(category: Category) -> dict[str, Any]:
    return {
        "name": category.name,
        "slug": category.slug,
        "description": category.description,
        "parent": str(category.parent_id) if category.parent_id else None,
        "translations": category.translations,
    }


async def _index(session: AsyncSession, category_id: UUID) -> None:
    """What its products are found by holds the name of their category."""
    for product in await session.scalars(select(Product).where(Product.category_id == category_id)):
        await search.index(session, product)
