"""Locks on names: whoever holds one is alone with what it stands for, until the transaction ends."""

from collections.abc import Iterable
from enum import IntEnum

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


class Realm(IntEnum):
    """What a name is a name of."""

    CONTACT = 0  # an address or number: whose it is
    SENDER = 1  # who writes to us, by channel: in which thread
    CONTENT = 2  # what was said: whether it is known


# In one order for everyone, so that nobody waits for whoever waits for them.
HOLD = text("""
SELECT pg_advisory_xact_lock(key) FROM (
    SELECT DISTINCT hashtextextended(name, cast(:realm AS bigint)) AS key
    FROM unnest(cast(:names AS text[])) AS name ORDER BY key
) AS keys
""")


async def hold(session: AsyncSession, realm: Realm, names: Iterable[str]) -> None:
    """Wait until nobody else holds any of these names, and hold them until the transaction ends."""
    await session.execute(HOLD, {"realm": int(realm), "names": list(names)})
