"""Searching the store: what is called so, and only where nothing is, what is alike."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from estore.search import Search, find


async def names(session: AsyncSession, words: str) -> list[str]:
    return [one.product.name for one in await find(session, Search(words=words))]


@pytest.mark.parametrize("words", ["kettle", "kett", "KETTLE", "kettel", "ketle"])
async def test_a_kettle_is_found_by_its_name_by_how_it_begins_and_by_how_it_is_mistyped(
    shop: AsyncSession, words: str
) -> None:
    assert any("kettle" in name.lower() for name in await names(shop, words))


async def test_what_is_called_so_is_not_mixed_with_what_is_alike(shop: AsyncSession) -> None:
    found = [one.product for one in await find(shop, Search(words="kettle"))]
    assert found
    assert all("kettle" in product.document for product in found)


async def test_a_word_within_a_longer_one_is_found(shop: AsyncSession) -> None:
    # The German name of grinders is Kaffeemühle or Handmühle: the word alone begins none of them.
    found = [one.product for one in await find(shop, Search(words="mühle"))]
    assert found
    assert all("muhle" in product.document for product in found)


async def test_signs_alone_find_nothing_and_no_word_finds_all(shop: AsyncSession) -> None:
    assert await names(shop, "%_\\ '") == []
    assert len(await names(shop, "")) == 24
    assert await names(shop, "zzzzqqqq") == []
