"""What search engines are told, and that only what anybody may read travels compressed."""

import re

from litestar import Litestar

from core.database import Database
from estore import demo as store_demo
from portal.indexing import addresses
from tests.portal.conftest import Browser

KETTLE = "/p/nord-gooseneck-kettle"


def test_a_public_page_has_one_address_and_one_in_each_language() -> None:
    canonical, others = addresses("https://halden.test", "/c/beans", "2", "de")
    assert canonical == "https://halden.test/c/beans?page=2&lang=de"
    assert ("hu", "https://halden.test/c/beans?page=2&lang=hu") in others
    assert ("x-default", "https://halden.test/c/beans?page=2") in others
    assert len(others) == 6


def test_a_page_of_somebodys_own_has_no_address_for_search_engines() -> None:
    assert addresses("https://halden.test", "/account/orders", "", "") == ("", [])
    assert addresses("https://halden.test", "/pay/abc", "", "") == ("", [])


def test_what_an_address_asks_for_beyond_page_and_language_is_left_out() -> None:
    assert addresses("", "/p/kettle", "x' onload=1", "xx")[0] == "/p/kettle"
    assert addresses("", "/c/beans", "1", "")[0] == "/c/beans"


async def test_the_address_may_ask_for_a_language(client: Browser) -> None:
    german = await client.get("/?lang=de")
    assert '<html lang="de"' in german.text
    assert '<link rel="canonical" href="http://127.0.0.1:8000/?lang=de">' in german.text
    assert '<html lang="en"' in (await client.get("/?lang=xx")).text


async def test_a_product_tells_machines_its_name_price_and_stock(app: Litestar, client: Browser) -> None:
    database: Database = app.state.database
    async with database.transaction() as session:
        await store_demo.load(session)
    text = (await client.get(KETTLE)).text
    assert 'itemtype="https://schema.org/Product"' in text
    assert re.search(r'itemprop="price" content="\d+\.\d\d"', text)
    assert 'href="https://schema.org/InStock"' in text
    assert text.count('itemtype="https://schema.org/ListItem"') == 3


async def test_public_pages_travel_compressed_and_private_ones_do_not(client: Browser) -> None:
    wants = {"accept-encoding": "gzip"}
    assert (await client.get("/", headers=wants)).headers.get("content-encoding") == "gzip"
    for path in ("/sign-in", "/cart", "/desk/sign-in"):
        assert "content-encoding" not in (await client.get(path, headers=wants)).headers
