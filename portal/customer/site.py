"""What every site owes its visitors: legal pages, and files for programs that read it."""

from typing import Any
from xml.sax.saxutils import escape

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.response import File
from sqlalchemy import select

from core.database import Database
from core.rendering import current_locale
from core.settings import Settings
from customers import identities
from estore import documents, invoices
from estore.goods import Category, Product
from portal.guards import anyone
from portal.indexing import FOR_PEOPLE_ALONE
from portal.rendering import STATIC, page
from support.models import Article, ArticleCategory

# A sitemap may not hold more; a store beyond that needs an index of several.
SITEMAP_LIMIT = 50_000
_PARTICULARS = (
    "name", "street", "postcode", "city", "country", "country_name", "vat_id", "register", "phone",
)  # fmt: skip


async def _legal(name: str, database: Database, settings: Settings) -> Response[Any]:
    async with database.transaction() as session:
        known = await invoices.seller(session)
    seller = dict.fromkeys(_PARTICULARS, "") | {"name": settings.company_name}
    seller |= documents.particulars(known, current_locale())
    context = {
        "seller": seller,
        "support_address": settings.support_address,
        "phone": seller["phone"] or identities.spaced(settings.twilio_number),
        # Only where the card and telephone companies are played by the sandbox.
        "demonstration": settings.environment == "embedded"
        and bool(settings.stripe_api_base and settings.twilio_api_base),
    }
    return page(f"legal/{name}.html", context)


@get("/legal/imprint", guards=[anyone])
async def show_imprint(
    database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    """Who runs the site, from the particulars that invoices carry."""
    return await _legal("imprint", database, settings)


@get("/legal/privacy", guards=[anyone])
async def show_privacy(
    database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    return await _legal("privacy", database, settings)


@get("/legal/terms", guards=[anyone])
async def show_terms(
    database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    return await _legal("terms", database, settings)


@get("/legal/withdrawal", guards=[anyone])
async def show_withdrawal(
    database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    return await _legal("withdrawal", database, settings)


@get("/robots.txt", guards=[anyone], media_type="text/plain")
async def show_robots(settings: NamedDependency[Settings]) -> str:
    """What crawlers should leave alone, and where the sitemap is."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in FOR_PEOPLE_ALONE)]
    return "\n".join([*lines, "", f"Sitemap: {settings.public_url.rstrip('/')}/sitemap.xml", ""])


@get("/sitemap.xml", guards=[anyone], media_type="application/xml")
async def show_sitemap(
    database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[str]:
    """Every public page, by the site's own address, whatever name it was asked under."""
    async with database.transaction() as session:
        categories = await session.scalars(
            select(Category.slug)
            .where(Category.retired_at.is_(None))
            .order_by(Category.position, Category.slug)
        )
        products = await session.scalars(
            select(Product.slug).where(Product.active).order_by(Product.slug).limit(SITEMAP_LIMIT // 2)
        )
        topics = await session.scalars(select(ArticleCategory.slug).order_by(ArticleCategory.position))
        articles = await session.execute(
            select(Article.slug, Article.updated_at)
            .where(Article.published_at.is_not(None))
            .order_by(Article.slug)
            .limit(SITEMAP_LIMIT // 4)
        )
        found: list[tuple[str, str]] = [("/", ""), ("/help", ""), ("/help/contact", "")]
        found += [(f"/c/{slug}", "") for slug in categories]
        found += [(f"/p/{slug}", "") for slug in products]
        found += [(f"/help/topics/{slug}", "") for slug in topics]
        found += [(f"/help/articles/{slug}", at.date().isoformat()) for slug, at in articles]
        found += [(f"/legal/{name}", "") for name in ("imprint", "privacy", "terms", "withdrawal")]
    host = settings.public_url.rstrip("/")
    entries = "".join(
        f"<url><loc>{escape(host + path)}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>\n"
        for path, day in found[:SITEMAP_LIMIT]
    )
    return Response(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n',
        media_type="application/xml",
        headers={"cache-control": "public, max-age=3600"},
    )


@get("/favicon.ico", guards=[anyone])
async def show_icon() -> File:
    """For programs that ask without having read a page; pages name the drawn one."""
    return File(
        STATIC / "favicon.ico",
        media_type="image/vnd.microsoft.icon",
        content_disposition_type="inline",
        headers={"cache-control": "public, max-age=604800"},
    )


handlers = [
    show_imprint, show_privacy, show_terms, show_withdrawal, show_robots, show_sitemap, show_icon,
]  # fmt: skip
