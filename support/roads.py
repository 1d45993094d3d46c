"""Roads: which ways to answer are closed, and why."""

from collections.abc import Mapping

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from channels import optouts
from customers.models import Suppression, SuppressionScope


async def closed(session: AsyncSession, ways: Mapping[str, str]) -> dict[str, str]:
    """Of `ways`, channel to address, the channels that no answer can go by, with the suppression's reason."""
    if not ways:
        return {}
    rows = await session.execute(
        select(Suppression.channel, Suppression.scope, Suppression.reason)
        .where(tuple_(Suppression.channel, Suppression.address).in_(list(ways.items())))
        .order_by(Suppression.id)
    )
    found: dict[str, str] = {}
    for channel, scope, reason in rows:
        # After STOP the phone company lets no text through, whatever it is about.
        if scope == SuppressionScope.ALL or (channel == "sms" and reason in optouts.OPTED_OUT):
            found.setdefault(channel, reason)
    return found
