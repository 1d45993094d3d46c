"""Rows of several tables are written at once, all or none, and come back as the database has them."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from core import rows
from core.clock import now
from estore.goods import Category, FormerPrice, Product, Sku


def goods() -> tuple[Category, Product, list[Sku], FormerPrice]:
    category = Category(id=uuid7(), slug="beans", name="Bohnen „frisch“ \\ 'heute'")
    product = Product(
        id=uuid7(),
        slug="dawn",
        name="Dawn",
        category_id=category.id,
        specification=[["Origin", "Kenya"]],
        translations={"de": {"name": "Früh"}},
    )
    skus = [
        Sku(product_id=product.id, code=f"DAW-{size}", price=size * 3, reduced_at=None) for size in (1, 2)
    ]
    return category, product, skus, FormerPrice(sku_id=uuid7(), price=7, until=now())


async def test_rows_of_several_tables_are_written_by_one_statement(session: AsyncSession) -> None:
    category, product, skus, _former = goods()
    # Whoever is named comes after or before: what counts is the end of the statement.
    written = await rows.write(session, product, *skus, category)
    assert written in session
    assert (written.id, written.specification, written.translations) == (
        product.id,
        [["Origin", "Kenya"]],
        {"de": {"name": "Früh"}},
    )
    # What the database fills in is known.
    assert (written.active, written.tagline, written.created_at.tzinfo is not None) == (True, "", True)
    kept = (await session.scalars(select(Sku).order_by(Sku.position, Sku.code))).all()
    assert [(sku.code, sku.price, sku.currency, sku.active) for sku in kept] == [
        ("DAW-1", 3, "EUR", True),
        ("DAW-2", 6, "EUR", True),
    ]
    assert await session.scalar(select(Category.name)) == "Bohnen „frisch“ \\ 'heute'"
    written.name = "Dusk"
    await session.flush()
    assert await session.scalar(select(Product.name)) == "Dusk"


async def test_when_one_cannot_be_written_none_is(session: AsyncSession) -> None:
    category, product, skus, former = goods()
    with pytest.raises(IntegrityError):
        async with session.begin_nested():
            await rows.write(session, product, category, *skus, former)
    for table in (Category, Product, Sku, FormerPrice):
        assert await session.scalar(select(func.count()).select_from(table)) == 0


async def test_rows_of_a_table_say_the_same_columns(session: AsyncSession) -> None:
    category, product, skus, _former = goods()
    skus[0].weight = 250
    with pytest.raises(TypeError, match="rows of sku say different columns"):
        await rows.write(session, product, category, *skus)
