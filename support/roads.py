"""Roads: which ways to answer are closed, and why."""

from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from channels import optouts
from customers.consent import plain
from customers.models import Suppression, SuppressionScope


class Stop(msgspec.Struct, frozen=True):
    """An address that is not written to on a channel."""

    channel: str
    address: str
    scope: str
    reason: str


async def closed(session: AsyncSession, ways: Mapping[str, str]) -> dict[str, str]:
    """Of `ways`, channel to address, the channels that no answer can go by, with the suppression's reason."""
    if not ways:
        return {}
    rows = await session.execute(
        select(Suppression.channel, Suppression.address, Suppression.scope, Suppression.reason)
        .where(
            tuple_(Suppression.channel, Suppression.address).in_(
                [(channel, plain(address)) for channel, address in ways.items()]
            )
        )
        .order_by(Suppression.id)
    )
    return shut([Stop(*row) for row in rows], ways)


def shut(stops: Iterable[Stop], ways: Mapping[str, str]) -> dict[str, str]:
    """`closed`, of suppressions that were read before, in their order."""
    found: dict[str, str] = {}
    for stop in stops:
        # After STOP the phone company lets no text through, whatever it is about.
        final = stop.scope == SuppressionScope.ALL or (
            stop.channel == "sms" and stop.reason in optouts.OPTED_OUT
        )
        if final and plain(ways.get(stop.channel, "")) == stop.address:
            found.setdefault(stop.channel, stop.reason)
    return found
