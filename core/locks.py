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


Name = tuple[Realm, str]

# In one order for everyone, so that nobody waits for whoever waits for them.
HOLD = text("""
SELECT pg_advisory_xact_lock(key) FROM (
    SELECT DISTINCT realm, hashtextextended(name, realm) AS key
    FROM unnest(cast(:realms AS bigint[]), cast(:names AS text[])) AS named (realm, name)
    ORDER BY realm DESC, key
) AS keys
""")


async def hold(session: AsyncSession, names: Iterable[Name]) -> None:
    """Wait until nobody else holds any of these names, and hold them until the transaction ends."""
    named = list(names)
    await session.execute(
        HOLD, {"realms": [int(realm) for realm, _ in named], "names": [name for _, name in named]}
    )
