"""Slugs: what a thing is called in an address."""

import re
import unicodedata

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from core.errors import Conflict

MOST = 80


def slug(name: str, otherwise: str) -> str:
    """A name in small letters, digits and hyphens; `otherwise` where nothing of it is left."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MOST].strip("-") or otherwise


# In an address, this stands for one that there is not yet.
_NOT_YET = "new"


async def free(session: AsyncSession, column: InstrumentedAttribute[str], wanted: str) -> str:
    """`wanted` if no row has it, else with a number behind it; never "new"."""
    rows = await session.scalars(select(column).where(column.startswith(wanted, autoescape=True)))
    taken = {_NOT_YET, *rows}
    number, found = 2, wanted
    while found in taken:
        found, number = f"{wanted}-{number}", number + 1
    return found


async def take(session: AsyncSession) -> None:
    """Write what is new under its name. Raises Conflict when somebody else took that name at this moment."""
    try:
        await session.flush()
    except IntegrityError as error:
        raise Conflict("Someone added one with the same name at this moment. Try again.") from error
