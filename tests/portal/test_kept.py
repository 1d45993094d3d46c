"""Pages that are kept for strangers: the same as ever, nobody's in particular, and never out of date."""

import asyncio
import gzip
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from httpx import Response
from litestar import Litestar
from prometheus_client import REGISTRY
from sqlalchemy import event, select, text

from core import changes
from core.database import Database
from core.staff import Role, hire
from customers import identities
from customers.models import Customer
from estore import catalogue, demo, prices, stock
from estore.goods import Category, Product, ShippingMethod, Sku, Stock
from portal import pages
from portal.pages import Pages
from tests.portal.conftest import Browser, browser, signed_in

# One address at least of every route that is kept, in its many forms.
ADDRESSES = (
    "/",
    "/?lang=de",
    "/c/beans",
    "/c/grinders?option=Colour:Cream&option=Colour:Black&stock=1&sort=price&from=10&to=900",
    "/c/beans?page=2",
    "/search",
    "/search?q=grindr&category=grinders",
    "/search?q=%3Cscript%3E%00&from=x",
    "/p/kvern-grinder",
    "/p/kvern-grinder?sku=KVE-CR",
    "/p/dawn-blend/reviews?stars=5",
    "/p/no-such-thing",
    "/c/no-such-thing",
    "/p/kvern-grinder?sku=" + "x" * 61,
)


@pytest.fixture
async def shop(app: Litestar) -> Database:
    database: Database = app.state.database
    async with database.transaction() as session:
        await demo.load(session)
    await until(lambda: app.state.changes.sure)
    return database


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.01)


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("throughline_kept_pages_total", {"outcome": outcome}) or 0.0


@asynccontextmanager
async def counting(**expected: int) -> AsyncIterator[None]:
    """So many pages are from memory, made for it, or made while nothing is heard; in all, as many as are named."""
    before = {outcome: counted(outcome) for outcome in ("hit", "miss", "unsure")}
    yield
    assert {name: counted(name) - before[name] for name in before} == {
        "hit": 0, "miss": 0, "unsure": 0, **expected,
    }  # fmt: skip


@asynccontextmanager
async def nothing_kept(app: Litestar) -> AsyncIterator[None]:
    kept: Pages = app.state.pages
    most, kept.most = kept.most, 0
    yield
    kept.most = most


TOKEN = re.compile(r"[0-9a-f]{128}")


def told(answer: Response) -> tuple[int, str, list[tuple[str, str]]]:
    """An answer without what differs from request to request."""
    headers = [
        (name, TOKEN.sub("a token", value))
        for name, value in answer.headers.multi_items()
        # Compressed in parts it is a little longer.
        if name != "x-request-id" and not (name == "content-length" and "content-encoding" in answer.headers)
    ]
    return answer.status_code, TOKEN.sub("a token", answer.text), sorted(headers)


async def raw(client: Browser, path: str, **headers: str) -> tuple[Response, bytes]:
    async with client.stream("GET", path, headers=headers) as answer:
        return answer, b"".join([part async for part in answer.aiter_raw()])


@pytest.mark.parametrize(
    "headers",
    [
        {"accept-encoding": "gzip", "accept-language": "en"},
        {"accept-encoding": "identity", "accept-language": "de-AT,de;q=0.9"},
    ],
)
async def test_a_kept_page_is_the_page_that_everybody_gets(
    app: Litestar, shop: Database, headers: dict[str, str]
) -> None:
    kept = {route.path_format for route in app.routes for one in handlers(route) if "kept" in one.opt}
    assert kept == {"/", "/c/{slug}", "/search", "/p/{slug}", "/p/{slug}/reviews"}
    for path in ADDRESSES:
        async with browser(app) as one, browser(app) as other, browser(app) as third:
            async with nothing_kept(app):
                expected = told(await one.get(path, headers=headers))
                head = told(await one.request("HEAD", path, headers=headers))
                again = told(await one.get(path, headers=headers))
            assert told(await other.get(path, headers=headers)) == expected, path
            async with counting(**{"hit" if expected[0] == 200 else "miss": 1}):
                assert told(await third.get(path, headers=headers)) == expected, path
            # Someone who has a token already is not given another.
            assert told(await other.request("HEAD", path, headers=headers)) == head, path
            assert told(await other.get(path, headers=headers)) == again, path


def handlers(route: Any) -> list[Any]:
    return list(getattr(route, "route_handlers", ()))


async def test_the_compressed_page_is_one_sound_gzip(app: Litestar, client: Browser, shop: Database) -> None:
    for path in ("/", "/p/kvern-grinder", "/search?q=kettle"):
        await client.get(path)
        async with counting(hit=2):
            packed, body = await raw(client, path, **{"accept-encoding": "gzip"})
            plain, whole = await raw(client, path, **{"accept-encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip"
        assert (int(packed.headers["content-length"]), int(plain.headers["content-length"])) == (
            len(body),
            len(whole),
        )
        assert gzip.decompress(body) == whole
        assert len(body) < len(whole) / 3
        assert client.cookies["csrftoken"].encode() in whole


async def test_each_browser_has_a_token_of_its_own_that_its_forms_are_sent_with(
    app: Litestar, shop: Database
) -> None:
    async with browser(app) as ann, browser(app) as ben:
        async with counting(miss=1, hit=2):
            hers = await ann.get("/p/dawn-blend")
            his = await ben.get("/p/dawn-blend")
            again = await ann.get("/p/dawn-blend")
        tokens = ann.cookies["csrftoken"], ben.cookies["csrftoken"]
        assert tokens[0] != tokens[1]
        assert set(TOKEN.findall(hers.text)) == set(TOKEN.findall(again.text)) == {tokens[0]}
        assert set(TOKEN.findall(his.text)) == {tokens[1]}
        # Each is told its own, once, and nothing else is set.
        assert [answer.headers.get_list("set-cookie") != [] for answer in (hers, his, again)] == [
            True,
            True,
            False,
        ]
        for answer, token in ((hers, tokens[0]), (his, tokens[1])):
            (cookie,) = answer.headers.get_list("set-cookie")
            assert cookie.startswith(f"csrftoken={token};")
        form = {"_csrf_token": TOKEN.findall(his.text)[0], "slug": "dawn-blend", "sku": "DAW-250"}
        assert (await ben.post("/cart/add", data=form)).status_code == 303
        refused = await ann.post("/cart/add", data=form)
        assert refused.status_code == 403


async def test_a_token_that_is_none_of_ours_leaves_no_trace(app: Litestar, shop: Database) -> None:
    for planted in ("e", "a" * 127, '"><script>alert(1)</script>', "a" * 129, ""):
        async with browser(app) as mallory, counting():
            mallory.cookies.set("csrftoken", f'"{planted}"')
            answer = await mallory.get("/p/dawn-blend")
            assert answer.status_code == 200
            assert "<script>alert" not in answer.text
    assert len(app.state.pages) == 0


async def test_who_is_signed_in_or_is_told_something_or_asks_for_a_part_gets_no_kept_page(
    app: Litestar, shop: Database
) -> None:
    async with shop.transaction() as session:
        ann = await identities.verify(session, identities.email("ann@example.com"), by="link")
    async with browser(app) as stranger, browser(app, await signed_in(app, customer_id=ann)) as known:
        await stranger.get("/p/dawn-blend")
        async with counting():
            for path in ("/p/dawn-blend", "/p/dawn-blend/reviews", "/"):
                answer = await known.get(path)
                assert "Your account: </span>" in answer.text
            for headers in ({"hx-request": "true"}, {"hx-target": "product"}, {"accept": "application/json"}):
                await stranger.get("/p/dawn-blend", headers=headers)
            stranger.cookies.set("notice", "review.written")
            said = await stranger.get("/p/dawn-blend")
            assert "Thank you. Your review is on the page." in said.text
            # What is not declared as kept is not: the cart, the help centre, an account, nothing at all.
            async with browser(app) as other:
                for path in ("/cart", "/help", "/account", "/health/live", "/robots.txt", "/nothing"):
                    await other.get(path)


async def test_a_kept_page_says_to_each_only_what_is_theirs(app: Litestar, shop: Database) -> None:
    async with shop.transaction() as session:
        ann = await identities.verify(session, identities.email("ann@example.com"), by="link")
        (await session.get_one(Customer, ann)).name = "Ann <b>&amp; Ben"
        bea = await identities.verify(session, identities.email("bea@example.com"), by="link")
        staff = await hire(session, "ada@halden.test", "Ada Lund", [Role.ADMIN], "a long enough password")
    visits: dict[str, dict[str, Any]] = {
        "nobody": {},
        "a cart": {"cart_count": 3},
        "a large cart, in German": {"cart_count": 1234, "locale": "de"},
        "an empty cart": {"cart_id": ann},
        "a colleague": {"staff_id": staff.id, "staff_epoch": staff.session_epoch},
        "a name to escape": {"customer_id": ann},
        "no name, and a cart": {"customer_id": bea, "cart_count": 1},
    }
    for headers in ({"accept-encoding": "gzip"}, {"accept-encoding": "identity", "accept-language": "hu"}):
        for path in (
            "/search?q=kettle",
            "/search?q=kettle&lang=pt",
            "/c/beans",
            "/p/kvern-grinder",
            "/c/none",
        ):
            for who, facts in visits.items():
                token = await signed_in(app, **facts) if facts else None
                async with browser(app, token) as one:
                    async with nothing_kept(app):
                        expected = told(await one.get(path, headers=headers))
                    await one.get(path, headers=headers)
                    made_anew = path == "/p/kvern-grinder" and "customer_id" in facts
                    async with counting(
                        **({} if made_anew else {"hit" if expected[0] == 200 else "miss": 1})
                    ):
                        assert told(await one.get(path, headers=headers)) == (
                            *expected[:2],
                            [pair for pair in expected[2] if pair[0] != "set-cookie"],
                        ), (path, who)
                    packed, body = await raw(one, path, **headers)
                    assert int(packed.headers["content-length"]) == len(body)
                    if packed.headers.get("content-encoding") == "gzip":
                        body = gzip.decompress(body)
                    assert TOKEN.sub("a token", body.decode()) == expected[1]
                    assert (">3<" in expected[1], ">1234<" in expected[1]) == (
                        facts.get("cart_count") == 3 and expected[0] == 200,
                        facts.get("cart_count") == 1234 and expected[0] == 200,
                    )
                async with shop.transaction() as session:
                    await session.execute(text("DELETE FROM visit"))


async def test_a_change_shows_at_once(app: Litestar, client: Browser, shop: Database) -> None:
    async def shown(path: str, words: str, language: str = "en") -> bool:
        await client.get(path, headers={"accept-language": language})
        async with counting(hit=1):
            return words in (await client.get(path, headers={"accept-language": language})).text

    assert await shown("/p/dawn-blend", "€8.90")
    async with shop.transaction() as session:
        sku = (await session.scalars(select(Sku).where(Sku.code == "DAW-250"))).one()
        await prices.reduce(session, sku.id, 790, 890)
    assert await shown("/p/dawn-blend", "€7.90")
    assert await shown("/c/beans", "Lowest price of the 30 days before: €8.90")
    async with shop.transaction() as session:
        await stock.set_on_hand(session, sku.id, (await session.get_one(Stock, sku.id)).reserved + 2)
    assert await shown("/p/dawn-blend?sku=DAW-250", "Only 2 left")
    async with shop.transaction() as session:
        (await session.scalars(select(Category).where(Category.slug == "beans"))).one().name = "Good beans"
    assert await shown("/p/kvern-grinder", "Good beans")
    async with shop.transaction() as session:
        way = (await session.scalars(select(ShippingMethod).order_by(ShippingMethod.position))).first()
        assert way is not None
        way.promise = "By pigeon"
    assert await shown("/p/kvern-grinder", "By pigeon")
    async with shop.transaction() as session:
        await catalogue.edit(
            session, "dawn-blend", name="Dusk blend", tagline="", description="", active=True
        )  # fmt: skip
    assert await shown("/search?q=dusk", "Dusk blend")
    async with shop.transaction() as session:
        (await session.scalars(select(Product).where(Product.slug == "dawn-blend"))).one().active = False
    assert (await client.get("/p/dawn-blend")).status_code == 404


async def test_each_language_has_its_own_page(app: Litestar, shop: Database) -> None:
    async with browser(app) as ann, browser(app) as ben:
        async with counting(miss=2):
            english = await ann.get("/c/beans", headers={"accept-language": "en"})
            german = await ben.get("/c/beans", headers={"accept-language": "de"})
        assert ('<html lang="en"' in english.text, '<html lang="de"' in german.text) == (True, True)
        async with counting(hit=2):
            assert '<html lang="de"' in (await ann.get("/c/beans", headers={"accept-language": "de-CH"})).text
            assert '<html lang="en"' in (await ben.get("/c/beans", headers={"accept-language": "xx"})).text
        async with counting(miss=1):
            assert '<html lang="hu"' in (await ann.get("/c/beans?lang=hu")).text
        # A language that was chosen is remembered with the browser.
        await ann.submit("/language", {"language": "pt", "next": "/c/beans"})
        async with counting(miss=1, hit=1):
            assert '<html lang="pt"' in (await ann.get("/c/beans")).text
            assert '<html lang="hu"' in (await ann.get("/c/beans?lang=hu")).text


async def test_of_an_address_only_what_the_page_reads_matters(
    app: Litestar, client: Browser, shop: Database
) -> None:
    async with counting(miss=2, hit=4):
        await client.get("/search?q=kettle&sort=price")
        for path in ("/search?sort=price&q=kettle", "/search?utm_source=mail&q=kettle&sort=price&gclid=1"):
            await client.get(path)
        await client.get("/p/dawn-blend")
        for path in ("/p/dawn-blend?utm_source=mail", "/p/dawn-blend?q=x&%00=1"):
            await client.get(path)
    assert len(app.state.pages) == 2


async def test_when_changes_are_not_heard_nothing_comes_from_memory(
    app: Litestar, shop: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "PAUSE", 2.0)
    async with browser(app) as client:
        await client.get("/p/dawn-blend")
        async with shop.transaction() as session:
            await session.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'throughline changes' AND datname = current_database()"
                )
            )
        await until(lambda: not app.state.changes.sure)
        async with shop.transaction() as session:
            sku = (await session.scalars(select(Sku).where(Sku.code == "DAW-250"))).one()
            await prices.change(session, sku.id, 777)
        async with counting(unsure=2):
            for _ in range(2):
                assert "€7.77" in (await client.get("/p/dawn-blend")).text
        assert len(app.state.pages) == 0
        await until(lambda: app.state.changes.sure)
        async with counting(miss=1, hit=1):
            for _ in range(2):
                assert "€7.77" in (await client.get("/p/dawn-blend")).text


async def test_a_page_that_was_begun_before_a_change_is_not_kept(
    app: Litestar, client: Browser, shop: Database
) -> None:
    async with shop.transaction() as blocker:
        # The page reads prices, then waits for the reviews; meanwhile a price changes.
        await blocker.execute(text("LOCK TABLE review IN ACCESS EXCLUSIVE MODE"))
        asked = asyncio.create_task(client.get("/c/beans"))
        async with shop.transaction() as session:
            waiting = text(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'review'::regclass"
            )
            async with asyncio.timeout(20):
                while not await session.scalar(waiting):
                    await asyncio.sleep(0.01)
        async with shop.transaction() as session:
            sku = (await session.scalars(select(Sku).where(Sku.code == "DAW-250"))).one()
            await prices.change(session, sku.id, 777)
        await app.state.changes.settle()
    assert "€8.90" in (await asked).text
    assert len(app.state.pages) == 0
    async with counting(miss=1):
        assert "€7.77" in (await client.get("/c/beans")).text


async def test_memory_is_bounded_and_the_page_that_nobody_asks_for_goes_first(
    app: Litestar, client: Browser, shop: Database
) -> None:
    kept: Pages = app.state.pages
    await client.get("/search?q=kettle")
    kept.most = int(kept.size * 3.5)
    for words in ("kettla", "kettlb"):
        await client.get(f"/search?q={words}")
    await client.get("/search?q=kettle")
    for words in ("kettlc", "kettld"):
        await client.get(f"/search?q={words}")
    assert len(kept) == 3
    assert kept.size <= kept.most
    assert REGISTRY.get_sample_value("throughline_kept_pages_bytes") == kept.size
    async with counting(hit=1, miss=1):
        await client.get("/search?q=kettle")
        await client.get("/search?q=kettla")
    # A page that is larger than all of it is sent, and not kept.
    kept.forget()
    assert (len(kept), kept.size) == (0, 0)
    kept.most = 1000
    assert (await client.get("/")).status_code == 200
    assert (len(kept), kept.size) == (0, 0)


async def test_no_page_becomes_older_than_a_minute(
    client: Browser, shop: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pages.OLDEST == 60
    await client.get("/")
    monkeypatch.setattr(pages, "OLDEST", 0.0)
    async with counting(miss=1):
        await client.get("/")


async def test_every_table_that_kept_pages_read_is_announced(
    app: Litestar, client: Browser, shop: Database
) -> None:
    read: set[str] = set()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        read.update(re.findall(r'\b(?:FROM|JOIN)\s+"?([a-z_]+)', statement))

    engine = app.state.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    app.state.shell.forget()
    try:
        for path in ADDRESSES:
            await client.get(path)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    async with shop.transaction() as session:
        tables = set(
            await session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        )
        announced = set(
            await session.scalars(
                text(
                    "SELECT tgrelid::regclass::text FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid "
                    "WHERE proname = 'announce_change'"
                )
            )
        )
    # How often something was bought or read may be a minute old.
    assert read & tables - {"article_views", "orders", "order_line"} == announced
