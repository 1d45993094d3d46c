"""Pictures of products: sent at the desk or by a program, seen all over the store, kept by browsers for ever."""

import re
from typing import Any

import pytest
from litestar import Litestar

from core.database import Database
from estore import demo, pictures, prints
from estore.prints import Prints
from tests.estore.photographs import photograph
from tests.portal.conftest import Browser

DESK = "/desk/store/products/dawn-blend"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
HEX = "[0-9a-f]{32}"


@pytest.fixture
async def shop(app: Litestar) -> Database:
    database: Database = app.state.database
    async with database.transaction() as session:
        await demo.load(session)
    return database


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dark room without a process of its own: what it refuses is tested where it is."""

    async def develop(content: bytes) -> Prints:
        return Prints(content[:16].hex(), 400, 300, {"400.webp": content, "320.webp": b"320", "jpg": b"jpeg"})

    monkeypatch.setattr(prints, "develop", develop)


def sent(*contents: bytes) -> list[tuple[str, Any]]:
    return [("files", (f"{place}.exe", one, "text/html")) for place, one in enumerate(contents)]


async def ids(shop: Database) -> list[str]:
    async with shop.transaction() as session:
        there = await pictures.of_product(session, demo.demo_id("product", "dawn-blend"))
        return [str(one.id) for one in there]


async def test_a_picture_is_sent_at_the_desk_and_seen_in_the_store(
    merchandiser_client: Browser, client: Browser, shop: Database
) -> None:
    before = await ids(shop)
    answer = await merchandiser_client.submit(f"{DESK}/pictures", files=sent(photograph(), SVG))
    # What could not be taken is named, and the rest is kept.
    assert answer.status_code == 422
    assert "1.exe: Drawings (SVG)" in answer.text
    there = await ids(shop)
    assert there[:-1] == before
    first = await merchandiser_client.submit(f"{DESK}/pictures/arrange", {"act": f"first {there[-1]}"})
    assert (first.status_code, first.headers["location"]) == (303, f"{DESK}#pictures")
    product = (await client.get("/p/dawn-blend")).text
    assert re.search(
        rf'<meta property="og:image" content="http://127.0.0.1:8000/pictures/{HEX}\.jpg">', product
    )
    assert re.search(rf'<link itemprop="image" href="http://127.0.0.1:8000/pictures/{HEX}\.jpg">', product)
    sized = rf'srcset="/pictures/{HEX}-160.webp 160w, /pictures/{HEX}-320.webp 320w, /pictures/({HEX}-400.webp) 400w"'
    names = set()
    for path in ("/p/dawn-blend", "/c/beans", "/search?q=dawn", "/search/suggest?q=dawn"):
        found = re.search(sized, (await client.get(path)).text)
        assert found is not None, path
        names.add(found[1])
    [name] = names
    await client.submit("/cart/add", {"slug": "dawn-blend", "sku": "DAW-250"})
    assert re.search(sized + '[^>]*width="400" height="300"', (await client.get("/cart")).text)
    client.cookies.clear()
    shown = await client.get(f"/pictures/{name}")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
    assert shown.content[8:12] == b"WEBP"
    assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "set-cookie" not in shown.headers
    known = await client.get(f"/pictures/{name}", headers={"if-none-match": shown.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    for nothing in (f"/pictures/{'0' * 32}-400.webp", "/pictures/secret.jpg", f"/pictures/{name}.svg"):
        assert (await client.get(nothing)).status_code == 404, nothing


@pytest.mark.usefixtures("quick")
async def test_pictures_are_put_in_order_said_in_words_taken_off_and_brought_back(
    merchandiser_client: Browser, client: Browser, shop: Database
) -> None:
    drawn = (await ids(shop))[0]
    await merchandiser_client.submit(f"{DESK}/pictures", files=sent(b"a" * 16, b"b" * 16))
    old, a, b = await ids(shop)
    assert old == drawn
    said = {f"alt-{a}": "A bag from the front", f"alt-{a}-de": "Eine Tüte von vorn"}
    await merchandiser_client.submit(f"{DESK}/pictures/arrange", said | {"order": f"{b} {a} {old}"})
    assert await ids(shop) == [b, a, old]
    await merchandiser_client.submit(f"{DESK}/pictures/arrange", said | {"act": f"earlier {a}"})
    await merchandiser_client.submit(f"{DESK}/pictures/arrange", said | {"act": f"later {b}"})
    assert await ids(shop) == [a, old, b]
    assert 'alt="A bag from the front"' in (await client.get("/p/dawn-blend")).text
    assert 'alt="Eine Tüte von vorn"' in (await client.get("/p/dawn-blend?lang=de")).text
    off = await merchandiser_client.submit(f"{DESK}/pictures/arrange", said | {"act": f"remove {a}"})
    assert off.headers["location"] == f"{DESK}?removed={a}#pictures"
    undo = f"{DESK}/pictures/{a}/restore"
    assert undo in (await merchandiser_client.get(off.headers["location"])).text
    assert "A bag from the front" not in (await client.get("/p/dawn-blend")).text
    assert (await merchandiser_client.submit(undo)).status_code == 303
    assert await ids(shop) == [a, old, b]
    too_long = await merchandiser_client.submit(f"{DESK}/pictures/arrange", {f"alt-{a}": "a" * 251})
    assert too_long.status_code == 422
    assert (await merchandiser_client.submit(f"{DESK}/pictures")).status_code == 422


@pytest.mark.usefixtures("quick")
async def test_only_the_store_s_people_send_pictures(
    client: Browser, agent_client: Browser, shop: Database
) -> None:
    before = await ids(shop)
    for browser, status in ((client, 303), (agent_client, 403)):
        assert (await browser.submit(f"{DESK}/pictures", files=sent(b"a" * 16))).status_code == status
        arranged = await browser.submit(f"{DESK}/pictures/arrange", {"act": f"remove {before[0]}"})
        assert arranged.status_code == status
    assert await ids(shop) == before
