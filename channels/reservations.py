"""Reservations: the names in the storage under which contents are being put, so that none lies there unnamed for ever.

A name is written down before anything lies under it, and taken by the row that names it from then on. What no row
has taken for a day was left by a process that died in between: it is forsaken first, for good, then removed.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from channels.models import ReservedName, table
from core.storage import mint_name

GRACE = timedelta(days=1)
# How many are removed at a time.
SWEPT = 1000


async def reserve(session: AsyncSession, sha256: str) -> str:
    """The name under which a content is to be put; whoever puts the same content meanwhile gets the same."""
    asked = insert(table(ReservedName)).values(name=mint_name(), sha256=sha256)
    name: str = await session.scalar(
        asked.on_conflict_do_update(
            index_elements=["sha256"], index_where=text("NOT forsaken"), set_={"reserved_at": func.now()}
        ).returning(table(ReservedName).c.name)
    )
    return name


async def take(session: AsyncSession, name: str) -> bool:
    """Whether a row may name it from now on: once, and not after it was forsaken."""
    taken = await session.scalar(
        delete(ReservedName)
        .where(ReservedName.name == name, ReservedName.forsaken.is_(False))
        .returning(ReservedName.name)
    )
    return taken is not None


async def forsake(session: AsyncSession) -> list[str]:
    """Names that no row has taken for GRACE, and from now on none will: what lies there is to be removed."""
    old = (
        select(ReservedName.name)
        .where(ReservedName.reserved_at < func.now() - GRACE)
        .order_by(ReservedName.reserved_at)
        .limit(SWEPT)
        .with_for_update(skip_locked=True)
    )
    names = await session.scalars(
        update(ReservedName)
        .where(ReservedName.name.in_(old))
        .values(forsaken=True)
        .returning(ReservedName.name)
        .execution_options(synchronize_session=False)
    )
    return list(names)


async def forget(session: AsyncSession, names: Sequence[str]) -> None:
    """Write down that nothing lies under these names any more."""
    await session.execute(delete(ReservedName).where(ReservedName.name.in_(names)))
