"""What a worker process holds open towards the outside: made on first use, on the loop that uses it."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from redis.asyncio import Redis

from channels.registry import Channels
from core.settings import Settings

if TYPE_CHECKING:
    from channels.adapters.email.resolving import Asker
    from channels.adapters.webhook import Sender
    from core.storage import Storage
    from estore.gateway import Gateway


class Resources:
    def __init__(self, settings: Settings, redis: Redis) -> None:
        self.settings = settings
        self.redis = redis

    @cached_property
    def channels(self) -> Channels:
        """The open roads to the providers of messages."""
        return Channels(self.settings)

    @cached_property
    def storage(self) -> "Storage | None":
        """Where files lie that have left the database; None where they stay."""
        from core.storage import open_storage

        return open_storage(self.settings)

    @cached_property
    def gateway(self) -> "Gateway":
        """The open road to the card company."""
        from estore.gateway import Gateway  # only here, as below

        return Gateway(self.settings)

    @cached_property
    def webhooks(self) -> "Sender":
        """The open road to the endpoints of other programs."""
        # A process that calls nobody need not carry its libraries.
        from channels.adapters.webhook import Sender

        return Sender(self.settings)

    @cached_property
    def names(self) -> "Asker":
        """The DNS, as far as it concerns mail."""
        from channels.adapters.email.resolving import Asker, place

        return Asker(*place(self.settings.name_server))

    async def close(self) -> None:
        """Close whatever was opened, and only that."""
        for name, value in list(vars(self).items()):
            if isinstance(getattr(type(self), name, None), cached_property):
                await _close(value)


async def _close(value: Any) -> None:
    close = getattr(value, "close", None)
    if close is not None:
        await close()
