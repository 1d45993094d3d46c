"""The processes of ours that carry mail, each kind in a crew that is killed by itself, and begun anew."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

from pydantic import SecretStr

from core.settings import Settings
from tests.chaos.processes import Forks
from tests.journeys.town import free_port

# So long a killing waits for its victim to have done something since it was begun (seconds).
IDLE = 5.0


class Crews:
    """A listener, a poller, two workers and a relay."""

    def __init__(self, stack: ExitStack, told: Settings, imap: str, folder: Path) -> None:
        taking = told.model_copy(update={"smtp_port": free_port()})
        fetching = told.model_copy(
            update={"smtp_port": free_port(), "lmtp_port": None, "imap_accounts": SecretStr(imap)}
        )
        kinds = {
            "listener": (taking, "listen"),
            "poller": (fetching, "listen"),
            "worker": (told, "worker"),
            "second worker": (told, "worker"),
            "relay": (told, "relay"),
        }
        self.commands = {name: command for name, (_, command) in kinds.items()}
        self.logs = {name: folder / f"{name}.log" for name in kinds}
        self.crews = {
            name: stack.enter_context(Forks(settings, self.logs[name]))
            for name, (settings, _) in kinds.items()
        }
        # How often each was killed after it had done something since it was begun.
        self.killed_at_work = dict.fromkeys(kinds, 0)
        for name in kinds:
            self.crews[name].start(self.commands[name])

    async def die(self, works: Callable[[str], Awaitable[int]], times: int, lasts: float) -> None:
        """Kill each kind `times` times, at random moments within about `lasts` seconds, and begin it again.

        Several may be dead at once. `works` says how much is done of what a kind of process does.
        """
        async with asyncio.TaskGroup() as tasks:
            for name in self.crews:
                moments = sorted(random.uniform(0, lasts) for _ in range(times))
                tasks.create_task(self._die(name, works, moments))

    async def _die(self, name: str, works: Callable[[str], Awaitable[int]], moments: list[float]) -> None:
        begun = time.monotonic()
        for moment in moments:
            before = await works(name)
            await asyncio.sleep(max(0.0, begun + moment - time.monotonic()))
            patience = time.monotonic() + IDLE
            while (idle := await works(name) == before) and time.monotonic() < patience:
                await asyncio.sleep(0.2)
            await asyncio.sleep(random.uniform(0, 0.3))
            await asyncio.to_thread(self.crews[name].kill)
            self.killed_at_work[name] += not idle
            await asyncio.sleep(random.uniform(0, 0.2))
            await asyncio.to_thread(self.crews[name].start, self.commands[name])

    def told(self) -> str:
        return "\n".join(f"--- {name}\n{log.read_text()[-1500:]}" for name, log in self.logs.items())
