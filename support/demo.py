"""The demo company's help centre and its agents' saved answers."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from support import demo_translations, macros
from support.articles import publish
from support.demo_articles import ARTICLES, CATEGORIES
from support.demo_guides import GUIDES
from support.models import Article, ArticleCategory, Macro

MACROS = {
    "Delivery: on its way": """Hello {{ customer.first_name | there }},

your parcel left our house and is with the carrier. The link in the shipping mail shows where it is; within \
Germany it takes one to two working days.

Best regards,
{{ agent.first_name }}""",
    "Descaling: the light stays on": """Hello {{ customer.first_name | there }},

the light goes out only when the rinse that follows the descaling ran to its end. Fill the tank with fresh water \
to the mark, put a bowl under both spouts and start the programme once more; do not switch off in between.

If it is still on after that, tell us the serial number from below the drip tray and we take it from there.

Best regards,
{{ agent.first_name }}""",
    "Repair: book a visit": """Hello {{ customer.first_name | there }},

that is one for our workshop. Send us the serial number from below the drip tray and two days that suit you; a \
technician calls before the visit. Under warranty it costs nothing.

Your ticket is {{ ticket.number }}.

Best regards,
{{ agent.name }}""",
    "Return: how it works": """Hello {{ customer.first_name | there }},

you have 30 days. Choose the order in your account and "Return something": you get a label at once, and the money \
back on the way that you paid within three days of its arrival.

Best regards,
{{ agent.first_name }}""",
    "Thanks and close": """Hello {{ customer.first_name | there }},

glad to hear it! I close this one; an answer to this message opens it again whenever you need us.

{{ agent.first_name }}""",
}


async def load(session: AsyncSession) -> int:
    """Write what is missing of the help centre and the macros; how many articles were added."""
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
    for position, article in enumerate((*ARTICLES, *GUIDES)):
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
    for name, body in MACROS.items():
        if not await session.scalar(select(Macro.id).where(Macro.name == name)):
            await macros.save(session, name, body)
    return added
