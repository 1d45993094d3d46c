"""Articles: the answers that customers find by themselves."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import nh3
from markdown_it import MarkdownIt
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from core.errors import Invalid, NotFound
from support.models import Article, ArticleCategory, ArticleViews, ArticleVote

REASONS = ("unclear", "wrong", "missing", "other")
# How far back readings say what people want to know now.
POPULAR_FOR = timedelta(days=30)
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
_TAGS = {
    "p", "h2", "h3", "h4", "ul", "ol", "li", "a", "strong", "em", "code", "pre", "blockquote", "hr", "br",
    "table", "thead", "tbody", "tr", "th", "td", "img",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}


@dataclass(frozen=True)
class Page:
    """An article in one reader's language, or in its own where there is no translation."""

    id: UUID
    slug: str
    title: str
    summary: str
    html: str
    category_id: UUID
    locale: str
    updated_at: Any


@dataclass(frozen=True)
class Section:
    id: UUID
    slug: str
    name: str
    icon: str
    articles: list[Page]


def render(markdown: str) -> tuple[str, str]:
    """Clean HTML and bare words of a text in Markdown; HTML written by hand in it is shown, never obeyed."""
    html = nh3.clean(
        _markdown.render(markdown),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"https", "http", "mailto", "tel"},
        link_rel="noopener nofollow",
    )
    return html, " ".join(nh3.clean(html, tags=set()).split())


async def publish(session: AsyncSession, article: Article) -> Article:
    """Make what readers see from what was written, in every language, and show it."""
    article.html, article.plain = render(article.body)
    translations = {}
    for locale, said in article.translations.items():
        html, plain = render(str(said.get("body", "")))
        translations[locale] = {**said, "html": html, "plain": plain}
    article.translations = translations
    article.published_at = article.published_at or now()
    article.updated_at = now()
    session.add(article)
    await session.flush()
    return article


async def sections(session: AsyncSession, locale: str = "en") -> list[Section]:
    """The help centre's contents: every category with its published articles, in their order."""
    categories = await session.scalars(
        select(ArticleCategory).order_by(ArticleCategory.position, ArticleCategory.name)
    )
    articles = list(
        await session.scalars(
            select(Article).where(Article.published_at.is_not(None)).order_by(Article.position, Article.title)
        )
    )
    return [
        Section(
            category.id,
            category.slug,
            str(category.translations.get(locale, {}).get("name") or category.name),
            category.icon,
            [_page(article, locale) for article in articles if article.category_id == category.id],
        )
        for category in categories
    ]


async def published(session: AsyncSession, slug: str, locale: str = "en") -> Page:
    """A published article by the name in its address. Raises NotFound."""
    article = await session.scalar(
        select(Article).where(Article.slug == slug, Article.published_at.is_not(None))
    )
    if article is None:
        raise NotFound("There is no such article any more. Search for it, or write to us.")
    return _page(article, locale)


def _page(article: Article, locale: str) -> Page:
    said = article.translations.get(locale, {}) if locale != article.locale else {}
    whole = bool(said.get("html"))
    return Page(
        id=article.id,
        slug=article.slug,
        title=str(said["title"]) if whole else article.title,
        summary=str(said.get("summary", "")) if whole else article.summary,
        html=str(said["html"]) if whole else article.html,
        category_id=article.category_id,
        locale=locale if whole else article.locale,
        updated_at=article.updated_at,
    )


# Words first (stems, so "descaling" finds "descale"), then likeness, so that a typing error still finds.
_SEARCH = text("""
WITH asked AS (SELECT websearch_to_tsquery('english', :query) AS words, lower(:query) AS query)
SELECT a.id,
    ts_rank(a.words, asked.words) * 4
    + word_similarity(asked.query, lower(title.said)) * 2
    + word_similarity(asked.query, lower(plain.said)) AS score
FROM article a CROSS JOIN asked
CROSS JOIN LATERAL (
    SELECT unaccent(a.title || ' ' || coalesce(a.translations->:locale->>'title', '')) AS said
) title
CROSS JOIN LATERAL (
    SELECT unaccent(
        a.summary || ' ' || a.plain || ' ' || coalesce(a.translations->:locale->>'plain', '')
    ) AS said
) plain
WHERE a.published_at IS NOT NULL AND (
    a.words @@ asked.words
    OR word_similarity(asked.query, lower(title.said)) >= 0.4
    OR word_similarity(asked.query, lower(plain.said)) >= 0.55
)
ORDER BY score DESC, a.id
LIMIT :limit
""")


async def search(session: AsyncSession, query: str, locale: str = "en", limit: int = 8) -> list[Page]:
    """The published articles that answer a question best; typing errors are forgiven."""
    query = query.replace("\x00", "").strip()[:200]
    if len(query) < 2:
        return []
    ids = list(await session.scalars(_SEARCH, {"query": query, "locale": locale, "limit": limit}))
    found = {
        article.id: article for article in await session.scalars(select(Article).where(Article.id.in_(ids)))
    }
    return [_page(found[id], locale) for id in ids]


async def popular(session: AsyncSession, locale: str = "en", limit: int = 3) -> list[Page]:
    """The published articles that were read most in the last weeks."""
    read = (
        select(ArticleViews.article_id, func.sum(ArticleViews.views).label("readings"))
        .where(ArticleViews.day > now().date() - POPULAR_FOR)
        .group_by(ArticleViews.article_id)
        .subquery()
    )
    found = await session.scalars(
        select(Article)
        .outerjoin(read, read.c.article_id == Article.id)
        .where(Article.published_at.is_not(None))
        .order_by(func.coalesce(read.c.readings, 0).desc(), Article.position, Article.id)
        .limit(limit)
    )
    return [_page(article, locale) for article in found]


async def vote(
    session: AsyncSession, slug: str, voter: str, *, helpful: bool, reason: str = "", comment: str = ""
) -> None:
    """Record whether an article helped; voting again changes a vote. Raises NotFound, Invalid."""
    article = await published(session, slug)
    if reason and reason not in REASONS:
        raise Invalid("Choose one of the reasons.", {"reason": "Choose one of the reasons."})
    values = {
        "helpful": helpful,
        "reason": "" if helpful else reason,
        "comment": comment.replace("\x00", "")[:2000],
    }
    await session.execute(
        insert(ArticleVote)
        .values(article_id=article.id, voter=voter, **values)
        .on_conflict_do_update(
            index_elements=[ArticleVote.article_id, ArticleVote.voter], set_={**values, "changed_at": now()}
        )
    )
