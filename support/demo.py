"""The demo company's help centre."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from support import demo_translations
from support.articles import publish
from support.demo_articles import ARTICLES, CATEGORIES
from support.models import Article, ArticleCategory


async def load(session: AsyncSession) -> int:
    """Write what is missing of the help centre; how many articles were added."""
    categories: dict[str, ArticleCategory] = {}
    for position, given in enumerate(CATEGORIES):
        slug = given["slug"]
        category = await session.scalar(select(ArticleCategory).where(ArticleCategory.slug == slug))
        if category is None:
            category = ArticleCategory(**given, position=position)
            session.add(category)
            await session.flush()
        categories[slug] = category
    added = 0
    for position, article in enumerate(ARTICLES):
        if await session.scalar(select(Article.id).where(Article.slug == article["slug"])):
            continue
        facts: dict[str, Any] = {key: value for key, value in article.items() if key != "category"}
        facts["body"] = facts["body"].strip()
        facts["translations"] = article.get("translations", {}) | demo_translations.of(article["slug"])
        await publish(
            session,
            Article(
                **facts,
                category_id=categories[article["category"]].id,
                locale="en",
                position=position,
            ),
        )
        added += 1
    return added
