"""The legal pages, the files for crawlers, and the fonts that pages fetch."""

import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from litestar import Litestar
from sqlalchemy import func, select

from core.clock import now
from core.database import Database
from core.settings import Settings
from core.staff import Role
from customers import identities
from estore import demo as store_demo
from estore.goods import Product
from portal import places, sheets, visits
from portal.models import VisitRow
from portal.rendering import HERE, STATIC
from support import demo as help_demo
from support.triage import triage
from tests.portal.conftest import Browser, browser, employed, links
from tests.support import talk

LEGAL = ["imprint", "privacy", "terms", "withdrawal"]
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
async def stocked(app: Litestar) -> Database:
    database: Database = app.state.database
    async with database.transaction() as session:
        await store_demo.load(session)
        await help_demo.load(session)
    return database


@pytest.mark.parametrize("name", LEGAL)
async def test_a_legal_page_names_the_company_also_before_anything_is_set_up(
    client: Browser, settings: Settings, name: str
) -> None:
    answer = await client.get(f"/legal/{name}")
    assert answer.status_code == 200
    assert settings.company_name in answer.text
    assert "This is a demonstration" not in answer.text


async def test_the_imprint_carries_what_invoices_carry(client: Browser, stocked: Database) -> None:
    answer = await client.get("/legal/imprint")
    for particular in ("name", "street", "city", "vat_id", "register", "phone"):
        assert store_demo.SELLER[particular] in answer.text


async def test_every_page_of_the_store_leads_to_the_legal_pages_and_they_to_pages_that_exist(
    client: Browser, stocked: Database
) -> None:
    for name in LEGAL:
        assert f"/legal/{name}" in links(await client.get("/"))
        for href in links(await client.get(f"/legal/{name}")):
            if href.startswith("/") and not href.startswith("/static"):
                # 405: where a form posts to.
                assert (await client.get(href)).status_code in (200, 303, 405), href


async def test_the_sitemap_lists_public_pages_under_the_sites_own_address(
    client: Browser, stocked: Database, settings: Settings
) -> None:
    answer = await client.get("/sitemap.xml", headers={"host": "evil.example"})
    assert answer.headers["content-type"].startswith("application/xml")
    found = [url.text or "" for url in ElementTree.fromstring(answer.content).iter(f"{SITEMAP}loc")]
    assert all(url.startswith(settings.public_url + "/") for url in found)
    paths = [url.removeprefix(settings.public_url) for url in found]
    assert len(set(paths)) == len(paths)
    async with stocked.transaction() as session:
        products = await session.scalar(select(func.count()).select_from(Product).where(Product.active))
    assert len([path for path in paths if path.startswith("/p/")]) == products
    assert len([path for path in paths if path.startswith("/help/articles/")]) == 30
    for path in [paths[0], "/c/beans", "/help/topics/returns", "/help/articles/warranty", "/legal/terms"]:
        assert path in paths
        assert (await client.get(path)).status_code == 200


async def test_what_is_not_sold_any_more_is_not_in_the_sitemap(client: Browser, stocked: Database) -> None:
    async with stocked.transaction() as session:
        product = await session.scalar(select(Product).order_by(Product.slug).limit(1))
        assert product is not None
        product.active = False
        slug = product.slug
    assert f"/p/{slug}<" not in (await client.get("/sitemap.xml")).text


async def test_crawlers_are_kept_from_what_is_for_people_alone(client: Browser, settings: Settings) -> None:
    answer = await client.get("/robots.txt", headers={"host": "evil.example"})
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    assert lines[0] == "User-agent: *"
    assert {"Disallow: /account", "Disallow: /desk", "Disallow: /pay/"} <= set(lines)
    assert f"Sitemap: {settings.public_url}/sitemap.xml" in lines


async def test_programs_that_read_no_page_find_the_icon(client: Browser) -> None:
    answer = await client.get("/favicon.ico")
    assert answer.status_code == 200
    assert answer.content[:4] == b"\x00\x00\x01\x00"
    assert answer.headers["content-type"] == "image/vnd.microsoft.icon"


@pytest.mark.parametrize("site", list(sheets.SITES))
async def test_a_site_has_one_style_sheet_of_all_its_parts(client: Browser, site: str) -> None:
    answer = await client.get(sheets.stylesheet(site))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    parts = [(STATIC / "css" / f"{part}.css").read_text() for part in sheets.SITES[site]]
    assert answer.text == "\n".join(parts)


async def test_a_page_asks_for_one_style_sheet_and_there_is_no_other_by_name(client: Browser) -> None:
    page = (await client.get("/")).text
    assert re.findall(r'rel="stylesheet" href="([^"]+)"', page) == [sheets.stylesheet("store")]
    assert (await client.get("/static/sheets/none.css")).status_code == 404


def test_fonts_are_fetched_once_under_the_address_that_the_stylesheet_names() -> None:
    named = {
        "/static/" + path
        for path in re.findall(r'url\("\.\./(vendor/[^"]+)"\)', (STATIC / "css/tokens.css").read_text())
    }
    fetched = [
        href
        for file in (HERE / "templates").rglob("*.html")
        for href in re.findall(r'rel="preload" href="([^"]+)"', file.read_text())
    ]
    assert fetched
    assert set(fetched) <= named


@pytest.mark.parametrize(
    ("roles", "parts"),
    [
        ([Role.ADMIN], list(places.PLACES)),
        ([Role.AGENT], ["inbox", "customers", "store", "money", "help", "figures"]),
        ([Role.MARKETER], ["customers", "campaigns", "figures"]),
        ([Role.MERCHANDISER], ["customers", "store", "money", "figures"]),
    ],
)
async def test_the_rail_shows_what_the_colleague_may_open_and_all_of_it_opens(
    app: Litestar, roles: list[Role], parts: list[str]
) -> None:
    async with browser(app, await employed(app, *roles)) as colleague:
        answer = await colleague.get("/desk")
        assert re.findall(r'class="rail-link" href="/desk/(\w+)"', answer.text) == parts
        for part in parts:
            assert (await colleague.get(f"/desk/{part}")).status_code == 200
        for hidden in places.PLACES.keys() - set(parts):
            assert (await colleague.get(f"/desk/{hidden}")).status_code == 403


async def test_visits_that_are_over_are_forgotten(app: Litestar) -> None:
    database: Database = app.state.database
    async with database.transaction() as session:
        session.add(VisitRow(token_hash=b"over", expires_at=now() - timedelta(seconds=1)))
        session.add(VisitRow(token_hash=b"on", expires_at=now() + visits.LASTS))
    async with database.transaction() as session:
        await visits.forget_expired(session)
        assert list(await session.scalars(select(VisitRow.token_hash))) == [b"on"]


async def test_a_customers_page_leads_each_role_only_to_what_it_may_open(app: Litestar) -> None:
    database: Database = app.state.database
    async with database.transaction() as session:
        customer = await talk.customer(session)
        conversation = await talk.begin(session, customer)
        await talk.say(session, conversation, "The steam wand is blocked")
        await triage(session, conversation.id)
    here = f"/desk/customers/{customer}"
    async with browser(app, await employed(app, Role.AGENT)) as agent:
        offered = links(await agent.get(here))
        assert {f"{here}/write", f"/desk/inbox/{conversation.id}"} <= set(offered)
    async with browser(app, await employed(app, Role.MARKETER, email="mia@halden.test")) as marketer:
        answer = await marketer.get(here)
        assert "The steam wand is blocked" in answer.text or "No steam" in answer.text
        for href in links(answer):
            if href.startswith("/desk/") and href != "/desk/sign-out":
                assert (await marketer.get(href)).status_code == 200, href


async def test_head_answers_as_get_does_without_the_body(client: Browser, stocked: Database) -> None:
    public = ["/", "/c/beans", "/p/tasting-box", "/search?q=beans", "/help", "/help/articles/warranty"]
    for path in [*public, "/help/contact", "/legal/terms", "/cart", "/chat", "/robots.txt", "/sitemap.xml"]:
        asked, told = await client.get(path), await client.head(path)
        assert (asked.status_code, told.status_code, told.content) == (200, 200, b""), path
        assert told.headers["content-type"] == asked.headers["content-type"], path
    assert (await client.head("/p/no-such-thing")).status_code == 404
    # A stream would never end.
    assert (await client.head("/chat/live")).status_code == 405


async def test_telephone_numbers_are_spaced_for_reading_and_dialled_without(
    client: Browser, stocked: Database, settings: Settings
) -> None:
    spaced = identities.spaced(settings.twilio_number)
    assert spaced.replace(" ", "") == settings.twilio_number != spaced
    for path in ("/", "/help/contact", "/sign-in"):
        answer = await client.get(path)
        assert f">{spaced}<" in answer.text, path
        assert f"tel:{settings.twilio_number}" in links(answer), path
    assert f"sms:{settings.twilio_number}" in links(await client.get("/help/contact"))
    assert identities.spaced("no number") == "no number"


async def test_a_topic_of_the_help_centre_is_entered_by_its_heading(
    client: Browser, stocked: Database
) -> None:
    assert "/help/topics/returns" in links(await client.get("/help"))


async def test_an_error_at_the_desk_looks_like_the_desk(app: Litestar, client: Browser) -> None:
    assert 'data-site="store"' in (await client.get("/p/no-such-thing")).text
    async with browser(app, await employed(app, Role.AGENT)) as colleague:
        assert 'data-site="desk"' in (await colleague.get("/desk/settings/team")).text
        assert 'data-site="desk"' in (await colleague.get("/desk/store/orders/99999")).text
