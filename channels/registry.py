"""Every channel: a module under `channels/adapters/` with a NAME and, if it sends, `connect(settings)`."""

import asyncio
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from channels import adapters
from channels.base import Channel
from core.errors import Invalid
from core.settings import Settings

# How many messages may be under way at once: answers and receipts, and marketing on a lane of its own.
LANES = {"delivery": 16, "bulk": 32}


@cache
def names() -> dict[str, str]:
    """Every channel, and the module that it is; a new file with a NAME is a new channel. Imports them all."""
    found = [f"{adapters.__name__}.{each.name}" for each in pkgutil.iter_modules(adapters.__path__)]
    return {name: module for module in found if (name := getattr(import_module(module), "NAME", ""))}


def adapter(name: str) -> ModuleType | None:
    """The module of a channel, without importing the others where its file bears its name."""
    if name.isidentifier() and find_spec(f"{adapters.__name__}.{name}") is not None:
        return import_module(f"{adapters.__name__}.{name}")
    return import_module(names()[name]) if name in names() else None


# How long a job may wait for room (seconds): it keeps one of the process's hands busy meanwhile, but to be put off
# costs more, and all that wait are fewer than the hands.
PATIENCE = 3.0


class Lane:
    """Room for messages under way; whoever waits first is served first."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._free = room
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def take(self, at_most: int | None = None) -> AsyncIterator[int]:
        """Some of the room, for the length of the block: never all of it, so that two may alternate.

        Half of it, or `at_most`, as far as it is free. 0 when none becomes free within PATIENCE: come again later.
        """
        taken = 0
        async with self._changed:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await self._changed.wait_for(lambda: self._free > 0)
                taken = min(self._free, at_most or max(1, self._room // 2))
                self._free -= taken
        try:
            yield taken
        finally:
            async with self._changed:
                self._free += taken
                self._changed.notify()


class Channels:
    """A process's open channels and their lanes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open: dict[str, Channel] = {}
        self._lanes: dict[tuple[str, str], Lane] = {}

    def channel(self, name: str) -> Channel:
        """The open channel of this name. Raises Invalid when there is none that sends."""
        if name not in self._open:
            connect = getattr(adapter(name), "connect", None)
            if connect is None:
                raise Invalid(f"Nothing can be sent by {name}.")
            self._open[name] = connect(self._settings)
        return self._open[name]

    def lane(self, name: str, queue: str) -> Lane:
        return self._lanes.setdefault((name, queue), Lane(LANES[queue]))

    async def close(self) -> None:
        for channel in self._open.values():
            await channel.close()
