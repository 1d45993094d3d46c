"""What readers made of the articles: how often each was read, whom it helped, and why not."""

from dataclasses import dataclass
from datetime import UTC, timedelta
from uuid import UUID

from sqlalchemy import Integer, Select, case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from core.errors import NotFound
from support.articles import REASONS
from support.models import Article, ArticleCategory, ArticleViews, ArticleVote

RECENT = timedelta(days=30)


@dataclass(frozen=True)
class Listed:
    """An article with what readers made of it: views of the last 30 days, votes of all times."""

    article: Article
    views: int
    helped: int
    failed: int
    reasons: dict[str, int]

    @property
    def share(self) -> float | None:
        """The share of voters whom it helped, 0..1; None without votes."""
        votes = self.helped + self.failed
        return self.helped / votes if votes else None


async def seen(session: AsyncSession, article_id: UUID) -> None:
    """Count one reading."""
    await session.execute(
        insert(ArticleViews)
        .values(article_id=article_id, day=now().astimezone(UTC).date(), views=1)
        .on_conflict_do_update(
            index_elements=[ArticleViews.article_id, ArticleViews.day], set_={"views": ArticleViews.views + 1}
        )
    )


def _listing() -> Select[Article, int, int, int, dict[str, int]]:
    since = (now() - RECENT).astimezone(UTC).date()
    views = (
        select(ArticleViews.article_id, func.sum(ArticleViews.views).label("views"))
        .where(ArticleViews.day > since)
        .group_by(ArticleViews.article_id)
        .subquery()
    )
    given = case((ArticleVote.reason == "", "none"), else_=ArticleVote.reason)
    by_reason = (
        select(
            ArticleVote.article_id,
            given.label("reason"),
            func.count().filter(ArticleVote.helpful).label("helped"),
            func.count().filter(~ArticleVote.helpful).label("failed"),
        )
        .group_by(ArticleVote.article_id, given)
        .subquery()
    )
    votes = (
        select(
            by_reason.c.article_id,
            func.sum(by_reason.c.helped).label("helped"),
            func.sum(by_reason.c.failed).label("failed"),
            func.jsonb_object_agg(by_reason.c.reason, by_reason.c.failed).label("reasons"),
        )
        .group_by(by_reason.c.article_id)
        .subquery()
    )
    return (
        select(
            Article,
            func.coalesce(views.c.views, 0).cast(Integer),
            func.coalesce(votes.c.helped, 0).cast(Integer),
            func.coalesce(votes.c.failed, 0).cast(Integer),
            func.coalesce(votes.c.reasons, func.jsonb_build_object()),
        )
        .outerjoin(views, views.c.article_id == Article.id)
        .outerjoin(votes, votes.c.article_id == Article.id)
    )


def _listed(row: tuple[Article, int, int, int, dict[str, int]]) -> Listed:
    article, views, helped, failed, reasons = row
    kept = {reason: reasons[reason] for reason in (*REASONS, "none") if reasons.get(reason)}
    return Listed(article, views, helped, failed, kept)


async def listing(session: AsyncSession, category_id: UUID | None = None) -> list[Listed]:
    """Every article, published or not, in the order of the help centre."""
    asked = _listing().join(ArticleCategory, ArticleCategory.id == Article.category_id)
    if category_id is not None:
        asked = asked.where(Article.category_id == category_id)
    asked = asked.order_by(ArticleCategory.position, ArticleCategory.name, Article.position, Article.title)
    return [_listed(row.tuple()) for row in await session.execute(asked)]


async def find(session: AsyncSession, article_id: UUID) -> Listed:
    """An article with what readers made of it. Raises NotFound."""
    row = (await session.execute(_listing().where(Article.id == article_id))).one_or_none()
    if row is None:
        raise NotFound("There is no such article.")
    return _listed(row.tuple())


async def comments(session: AsyncSession, article_id: UUID, limit: int = 20) -> list[ArticleVote]:
    """What readers whom it did not help wrote, newest first."""
    return list(
        await session.scalars(
            select(ArticleVote)
            .where(ArticleVote.article_id == article_id, ~ArticleVote.helpful, ArticleVote.comment != "")
            .order_by(func.coalesce(ArticleVote.changed_at, ArticleVote.created_at).desc())
            .limit(limit)
        )
    )
