"""Readers of the help centre: how often each article was opened lately, and whom it helped."""

from datetime import UTC, datetime
from hashlib import sha256
from random import Random

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from workers.seeding.seasons import DAY
from workers.seeding.sheets import Sheets

READ_FOR = 60  # days
REASONS = ("unclear", "missing", "wrong", "other")
COMMENTS = {
    "unclear": ("Which button is meant?", "A picture would help."),
    "missing": ("Nothing about my model.", "What does it cost?"),
    "wrong": ("The light is on the left on mine.",),
    "other": ("",),
}

VIEWS = text(
    "INSERT INTO article_views (article_id, day, views) "
    "SELECT cast(:article AS uuid), * FROM unnest(cast(:days AS date[]), cast(:views AS int[]))"
)
VOTES = text(
    "INSERT INTO article_vote (id, article_id, voter, helpful, reason, comment, created_at) "
    "SELECT id, cast(:article AS uuid), voter, helpful, reason, comment, at "
    "FROM unnest(cast(:ids AS uuid[]), cast(:voters AS text[]), cast(:helpful AS bool[]), "
    "cast(:reasons AS text[]), cast(:comments AS text[]), cast(:moments AS timestamptz[])) "
    "AS vote (id, voter, helpful, reason, comment, at)"
)


async def keep(session: AsyncSession, customers: int, end: int, seed: str) -> None:
    """Let so many customers have read what is published, in the days before `end` (seconds since 1970)."""
    articles = await session.execute(
        text("SELECT id::text, slug FROM article WHERE published_at IS NOT NULL ORDER BY position, slug")
    )
    for place, (article, slug) in enumerate(articles.tuples().all()):
        chance = Random(f"{seed} readers {slug}")  # noqa: S311 - the same numbers each time are what is wanted
        daily = customers / 150 / (1 + place) * chance.uniform(0.6, 1.4)
        read = {
            datetime.fromtimestamp(end - ago * DAY, UTC).date(): round(daily * chance.uniform(0.5, 1.5))
            for ago in range(READ_FOR)
        }
        read = {day: views for day, views in read.items() if views}
        await session.execute(VIEWS, {"article": article, "days": [*read], "views": [*read.values()]})
        await _vote(session, article, slug, sum(read.values()) // 12, end, chance)


async def _vote(session: AsyncSession, article: str, slug: str, many: int, end: int, chance: Random) -> None:
    sheets = Sheets(chance)
    good = chance.uniform(0.72, 0.97)
    moments = sorted(end - int(chance.uniform(1, READ_FOR) * DAY) for _ in range(many))
    helpful = [chance.random() < good for _ in moments]
    reasons = ["" if each else chance.choices(REASONS, (4, 3, 1, 1))[0] for each in helpful]
    comments = [
        chance.choice(COMMENTS[reason]) if reason and chance.random() < 0.3 else "" for reason in reasons
    ]
    await session.execute(
        VOTES,
        {
            "article": article,
            "ids": [sheets.key(moment) for moment in moments],
            "voters": [sha256(f"{slug} {number}".encode()).hexdigest() for number in range(many)],
            "helpful": helpful,
            "reasons": reasons,
            "comments": comments,
            "moments": [datetime.fromtimestamp(moment, UTC) for moment in moments],
        },
    )
