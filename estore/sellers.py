"""The seller: who sells, as it must stand on invoices. What is issued keeps what it was issued with."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Invalid
from core.words import mark, worded
from estore import deliveries, edits
from estore.goods import Seller

LONGEST = 120
# Everything that is said of the seller; of these, what an invoice may not lack (Article 226 of Directive 2006/112/EC).
FACTS = (
    "name", "tagline", "street", "postcode", "city", "country", "country_name", "email", "phone", "website", "vat_id",
    "register", "time_zone",
)  # fmt: skip
NEEDED = ("name", "street", "postcode", "city", "country", "country_name", "vat_id", "time_zone")


async def save(session: AsyncSession, facts: Mapping[str, str], by: UUID | None = None) -> dict[str, Any]:
    """Take over who sells, for what is issued from now on. Raises Invalid with every field that is wrong."""
    said = {name: " ".join(facts.get(name, "").split()) for name in FACTS}
    said["country"] = said["country"].upper()
    wrong = {name: mark("Please fill this in.") for name in NEEDED if not said[name]}
    wrong |= {
        name: worded("At most %(most)s characters.", most=LONGEST)
        for name, words in said.items()
        if len(words) > LONGEST
    }
    if said["country"] and said["country"] not in deliveries.COUNTRIES:
        wrong["country"] = mark("Enter the code of a country, like DE.")
    if said["time_zone"] and not _is_zone(said["time_zone"]):
        wrong["time_zone"] = mark("Enter a zone like Europe/Berlin.")
    if wrong:
        raise Invalid("Some of what you entered needs another look.", wrong)
    before = await session.scalar(select(Seller.facts)) or {}
    after = {**before, **said}
    await session.execute(
        insert(Seller)
        .values(id=1, facts=after)
        .on_conflict_do_update(index_elements=["id"], set_={"facts": after})
    )
    await edits.note(session, "seller", said["name"], by, before, after)
    return after


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
