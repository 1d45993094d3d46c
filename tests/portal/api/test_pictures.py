"""Pictures of products as programs send and read them."""

from base64 import b64encode

import pytest
from sqlalchemy import select

from core.database import Database
from estore import demo, prints
from estore.goods import Product
from estore.prints import Prints
from tests.portal.api.conftest import Program


@pytest.fixture
async def shop(database: Database) -> Database:
    async with database.transaction() as session:
        await demo.load(session)
    return database


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dark room without a process of its own: what it refuses is tested where it is."""

    async def develop(content: bytes) -> Prints:
        return Prints(content[:16].hex(), 400, 300, {"400.webp": content, "320.webp": b"320", "jpg": b"jpeg"})

    monkeypatch.setattr(prints, "develop", develop)


@pytest.mark.usefixtures("quick")
async def test_programs_send_pictures_and_read_where_they_are(program: Program, shop: Database) -> None:
    both = await program()
    product = (await both.get("/api/v1/products", params={"code": "DAW-250"})).json()["data"][0]
    assert [one["sizes"] for one in product["pictures"]] == [[]]
    path = f"/api/v1/products/{product['id']}/pictures"
    content = b64encode(b"a" * 16).decode()
    made = await both.post(path, json={"content": content, "skus": ["DAW-250"], "alts": {"de": "Vorn"}})
    assert made.status_code == 201
    picture = made.json()
    digest = (b"a" * 16).hex()
    assert picture["url"] == f"http://127.0.0.1:8000/pictures/{digest}.jpg"
    assert [one["width"] for one in picture["sizes"]] == [160, 320, 400]
    assert (picture["skus"], picture["alts"]) == (["DAW-250"], {"de": "Vorn"})
    changed = await both.patch(f"{path}/{picture['id']}", json={"position": 1, "alt": "In front"})
    assert changed.json() == picture | {"alt": "In front"}
    shown = (await both.get(f"/api/v1/products/{product['id']}")).json()
    assert shown["pictures"][0] == changed.json()
    async with shop.transaction() as session:
        main = await session.scalar(select(Product.picture).where(Product.slug == product["slug"]))
        assert main == f"{digest}-400x300"
    wrong = await both.post(path, json={"content": content, "skus": ["AUR-CR"]})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/skus/0")
    assert (await both.post(path, json={"content": "AAA"})).status_code == 422
    assert (await both.post(path, json={"content": "a picture"})).status_code == 400
    assert (await both.delete(f"{path}/{picture['id']}")).status_code == 204
    again = (await both.get(f"/api/v1/products/{product['id']}")).json()
    assert again["pictures"] == product["pictures"]
    reader = await program("catalogue:read")
    assert (await reader.post(path, json={"content": content})).status_code == 403
