"""Locks on names: whoever holds one is alone with what it stands for, until the transaction ends."""

from collections.abc import Iterable
from enum import IntEnum

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession


class Realm(IntEnum):
    """What a name is a name of."""

    CONTACT = 0  # an address or number: whose it is
    SENDER = 1  # who writes to us, by channel: in which thread
    CONTENT = 2  # what was said: whether it is known


Name = tuple[Realm, str]

# In one order for everyone, so that nobody waits for whoever waits for them.
_HOLD = """
SELECT pg_advisory_xact_lock(key) AS held FROM (
    SELECT DISTINCT realm, hashtextextended(name, realm) AS key
    FROM unnest(cast(:realms AS bigint[]), cast(:names AS text[])) AS named (realm, name)
    ORDER BY realm DESC, key
) AS keys
"""
HOLD = text(_HOLD)


def holding(then: str) -> TextClause:
    """`HOLD` and, once all of these names are held, another lock: an expression that takes it."""
    return text(f"""
WITH alone AS MATERIALIZED (SELECT count(held) FROM ({_HOLD}) AS each)
SELECT {then} FROM alone
""")  # noqa: S608 - only parts of our own are put in


async def hold(session: AsyncSession, names: Iterable[Name], statement: TextClause = HOLD) -> None:
    """Wait until nobody else holds any of these names, and hold them until the transaction ends."""
    named = list(names)
    await session.execute(
        statement, {"realms": [int(realm) for realm, _ in named], "names": [name for _, name in named]}
    )
