"""The demo company's segments, and two campaigns that wait for somebody to look at and launch them."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import broadcasts, segments
from campaigns import conditions as c
from campaigns.models import Broadcast, Segment
from core.settings import settings

SEGMENTS: tuple[tuple[str, c.Condition], ...] = (
    ("Allow our news by e-mail", c.AllOf((c.HasConsent("email", "news"),))),
    (
        "Bought, and not for three months",
        c.AllOf((c.TraitCompare("orders", "at_least", 1), c.TimeCompare("last_order_at", "before", 90))),
    ),
    (
        "Good customers",
        c.AnyOf((c.TraitCompare("orders", "at_least", 3), c.TraitCompare("spend", "at_least", 50_000))),
    ),
)

LETTER = """\
# The winter blend is here

Dear {{ customer.first_name | default: "coffee lover" }},

for three months a year we roast darker: **cocoa, dried plum, a little smoke**. The winter blend is made for
milk and for long evenings, and it is roasted on Tuesdays, so that it leaves us fresh on Wednesdays.

{% if orders > 2 %}

You have been with us for {{ orders }} orders now. Thank you; that is what keeps the roaster warm.

{% endif %}

[See the winter blend]({website}/search?q=blend)

Anything unclear about your grinder or your machine? Just answer this mail: it lands with our own people.

Your team at {{ company.name }}
"""

TEXT = """\
{{ customer.first_name | default: "Hello" }}, descale your machine before winter: it takes 20 minutes and \
saves a repair. What you need: {website}/search?q=descaler"""


async def load(session: AsyncSession, website: str | None = None) -> int:
    """Write what is missing of the segments and drafts; how many were added.

    `website` is our public address; by default the settings' one.
    """
    website = (website or settings().public_url).rstrip("/")
    kept: dict[str, Segment] = {each.name: each for each in await segments.listed(session)}
    added = 0
    for name, condition in SEGMENTS:
        if name not in kept:
            kept[name] = await segments.create(session, name, c.encode(condition))
            added += 1
    letter = ("Winter blend", "email", "Allow our news by e-mail", "The winter blend is here", LETTER)
    text = ("Descale before winter", "sms", "Good customers", "", TEXT)
    for name, channel, segment, subject, body in (letter, text):
        if await session.scalar(select(Broadcast.id).where(Broadcast.name == name)):
            continue
        broadcast = await broadcasts.create(session, name, channel)
        await broadcasts.edit(
            session,
            broadcast.id,
            broadcast.version,
            segment_id=kept[segment].id,
            topic="care" if channel == "sms" else "news",
            subject=subject,
            body=body.replace("{website}", website),
        )
        added += 1
    return added
