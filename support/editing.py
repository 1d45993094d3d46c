"""Writing the help centre: articles and their categories."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from difflib import ndiff
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import slugs
from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from support.articles import publish
from support.models import Article, ArticleCategory

TITLE = 200
SUMMARY = 500
BODY = 20_000


@dataclass(frozen=True)
class Written:
    """An article's words in one language."""

    title: str
    summary: str
    body: str


NOTHING = Written("", "", "")


def check(written: Written) -> None:
    """Raises Invalid for an article without a title or a text, or with too much of it."""
    fields = {}
    if not written.title:
        fields["title"] = "Give it a title: the question that it answers."
    elif len(written.title) > TITLE:
        fields["title"] = f"At most {TITLE} characters."
    if len(written.summary) > SUMMARY:
        fields["summary"] = f"At most {SUMMARY} characters."
    if not written.body:
        fields["body"] = "Write the answer."
    elif len(written.body) > BODY:
        fields["body"] = f"At most {BODY} characters: split it into two articles."
    if fields:
        raise Invalid("The article is not saved yet.", fields)


async def begin(session: AsyncSession, category_id: UUID, written: Written, locale: str = "en") -> Article:
    """A new article that nobody sees until it is published. Raises Invalid, NotFound for the category."""
    check(written)
    await category(session, category_id)
    last = await session.scalar(select(func.max(Article.position)).where(Article.category_id == category_id))
    article = Article(
        category_id=category_id,
        slug=await slugs.free(session, Article.slug, slugs.slug(written.title, "article")),
        locale=locale,
        title=written.title,
        summary=written.summary,
        body=written.body,
        translations={},
        position=0 if last is None else last + 1,
    )
    session.add(article)
    await slugs.take(session)
    return article


async def save(
    session: AsyncSession,
    article_id: UUID,
    locale: str,
    written: Written,
    *,
    category_id: UUID | None = None,
    seen_at: datetime | None = None,
) -> Article:
    """Keep an article's words in a language; a translation without title and text is taken away.

    Readers of a published article go on seeing what was published. `seen_at`: the `changed_at` that the writer
    began with. Raises NotFound, Invalid, Conflict when a colleague changed the article since.
    """
    article = await _locked(session, article_id)
    if seen_at is not None and seen_at != article.changed_at:
        raise Conflict("A colleague changed this article meanwhile. Compare, then save yours.")
    if category_id is not None:
        await category(session, category_id)
    if locale == article.locale or any((written.title, written.summary, written.body)):
        check(written)
    drafts = {name: said for name, said in article.drafts.items() if name not in (locale, "discarded")}
    if written != published(article, locale):
        drafts[locale] = asdict(written) if written != NOTHING else {}
    if category_id is not None:
        drafts.pop("category_id", None)
        if category_id != article.category_id:
            drafts["category_id"] = str(category_id)
    article.drafts = drafts
    if article.published_at is None:
        _take_over(article)
        article.updated_at = now()
    else:
        article.drafted_at = now()
    await session.flush()
    return article


def published(article: Article, locale: str) -> Written:
    """An article's words in a language as readers see them, once it is published; empty where there are none."""
    if locale == article.locale:
        return Written(article.title, article.summary, article.body)
    return _written(article.translations.get(locale, {}))


def words(article: Article, locale: str) -> Written:
    """An article's words in a language as they were left last, whether readers see them or not."""
    return _written(article.drafts[locale]) if locale in article.drafts else published(article, locale)


def _written(said: Mapping[str, Any]) -> Written:
    return Written(*(str(said.get(name, "")) for name in ("title", "summary", "body")))


def differences(article: Article, locale: str) -> list[tuple[str, str]]:
    """What publishing would change, line by line: ("-", what goes), ("+", what comes), ("", what stays beside it),
    ("…", "") where more stays.
    """
    before, after = (
        [line for part in (said.title, said.summary, said.body) for line in part.splitlines() if line.strip()]
        for said in (published(article, locale), words(article, locale))
    )
    lines = [(line[0].strip(), line[2:]) for line in ndiff(before, after) if line[0] != "?"]
    changed = [place for place, (mark, _line) in enumerate(lines) if mark]
    told: list[tuple[str, str]] = []
    for place, line in enumerate(lines):
        if any(abs(place - other) <= 1 for other in changed):
            told.append(line)
        elif not told or told[-1][0] != "…":
            told.append(("…", ""))
    return told


async def show(session: AsyncSession, article_id: UUID) -> Article:
    """Publish an article, with all that was written since. Raises NotFound."""
    article = await _locked(session, article_id)
    _take_over(article)
    return await publish(session, article)


async def hide(session: AsyncSession, article_id: UUID) -> Article:
    """Take an article from the readers; its words and votes stay. Raises NotFound."""
    article = await _locked(session, article_id)
    _take_over(article)
    article.published_at = None
    article.updated_at = now()
    await session.flush()
    return article


async def discard(session: AsyncSession, article_id: UUID) -> Article:
    """Give up what readers do not see yet; `restore` brings it back. Raises NotFound."""
    article = await _locked(session, article_id)
    if article.pending:
        given_up = {name: said for name, said in article.drafts.items() if name != "discarded"}
        article.drafts, article.drafted_at = {"discarded": given_up}, now()
        await session.flush()
    return article


async def restore(session: AsyncSession, article_id: UUID) -> Article:
    """Bring back what was given up last. Raises NotFound; Conflict when something was written since."""
    article = await _locked(session, article_id)
    given_up = article.drafts.get("discarded")
    if not given_up or article.published_at is None:
        raise Conflict("Something was written since. What was given up cannot be brought back.")
    article.drafts, article.drafted_at = given_up, now()
    await session.flush()
    return article


def _take_over(article: Article) -> None:
    """Make of what was written what readers see at the next publishing."""
    translations = dict(article.translations)
    for locale, said in article.drafts.items():
        if locale == article.locale:
            article.title, article.summary, article.body = said["title"], said["summary"], said["body"]
        elif locale == "category_id":
            article.category_id = UUID(said)
        elif locale != "discarded":
            translations.pop(locale, None)
            if said:
                translations[locale] = dict(said)
    article.translations, article.drafts, article.drafted_at = translations, {}, None


async def _locked(session: AsyncSession, article_id: UUID) -> Article:
    article = await session.get(Article, article_id, with_for_update=True, populate_existing=True)
    if article is None:
        raise NotFound("There is no such article.")
    return article


async def categories(session: AsyncSession) -> list[tuple[ArticleCategory, int]]:
    """Every category in its order, with how many articles it holds."""
    rows = await session.execute(
        select(ArticleCategory, func.count(Article.id))
        .outerjoin(Article, Article.category_id == ArticleCategory.id)
        .group_by(ArticleCategory.id)
        .order_by(ArticleCategory.position, ArticleCategory.name)
    )
    return [row.tuple() for row in rows]


async def category(session: AsyncSession, category_id: UUID) -> ArticleCategory:
    """A category, locked against removal. Raises NotFound."""
    found = await session.get(ArticleCategory, category_id, with_for_update={"key_share": True, "read": True})
    if found is None:
        raise NotFound("There is no such category.")
    return found


async def add_category(session: AsyncSession, name: str) -> ArticleCategory:
    """A new category at the end. Raises Invalid for a name that is empty or too long."""
    _check_name(name)
    last = await session.scalar(select(func.max(ArticleCategory.position)))
    added = ArticleCategory(
        name=name,
        slug=await slugs.free(session, ArticleCategory.slug, slugs.slug(name, "article")),
        position=0 if last is None else last + 1,
        translations={},
    )
    session.add(added)
    await slugs.take(session)
    return added


async def save_category(
    session: AsyncSession, category_id: UUID, name: str, translations: Mapping[str, str], position: int
) -> None:
    """Name a category, also in other languages (empty: none), and place it. Raises Invalid, NotFound."""
    _check_name(name)
    for said in translations.values():
        if said:
            _check_name(said)
    if not 0 <= position <= 10_000:
        raise Invalid("Some of what you entered needs another look.", {"position": "From 0 to 10000."})
    kept = await session.get(ArticleCategory, category_id, with_for_update=True, populate_existing=True)
    if kept is None:
        raise NotFound("There is no such category.")
    kept.name = name
    kept.translations = {locale: {"name": said} for locale, said in translations.items() if said}
    kept.position = position


async def remove_category(session: AsyncSession, category_id: UUID) -> None:
    """Remove an empty category. Raises NotFound, Conflict for one that holds articles."""
    kept = await session.get(ArticleCategory, category_id, with_for_update=True, populate_existing=True)
    if kept is None:
        raise NotFound("There is no such category.")
    if await session.scalar(select(Article.id).where(Article.category_id == category_id).limit(1)):
        raise Conflict("There are articles in this category. Move them to another one first.")
    await session.execute(delete(ArticleCategory).where(ArticleCategory.id == category_id))


def _check_name(name: str) -> None:
    if not name or len(name) > 100:
        raise Invalid("Some of what you entered needs another look.", {"name": "From 1 to 100 characters."})
