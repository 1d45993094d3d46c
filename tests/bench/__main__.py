"""`make bench`: every figure, each beside its baseline from the same run; ONLY=store,mail measures these parts."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

from tests.bench import chat, desk, inbound, jobs, mail, processes, segments, store, timeline, webhooks
from tests.bench.figures import Figure, show
from tests.bench.house import House, running_house
from tests.bench.site import Place, bare_place

# What is measured on an empty database by this process, and what on a whole installation, in this order.
BARE: dict[str, Callable[[Place], Awaitable[list[Figure]]]] = {
    "timeline": timeline.measure,
    "jobs": jobs.measure,
    "mail": mail.measure,
    "inbound": inbound.measure,
    "segments": segments.measure,
}
WHOLE: dict[str, Callable[[House], Awaitable[list[Figure]]]] = {
    "store": store.measure,
    "desk": desk.measure,
    "webhooks": webhooks.measure,
    "chat": chat.measure,
    "start": processes.starts,
    "memory": processes.busy,
}


def chosen() -> list[str]:
    """The parts to measure. Raises SystemExit for one that there is not."""
    wanted = [part for part in os.environ.get("ONLY", "").replace(",", " ").split() if part]
    known = [*BARE, *WHOLE]
    if unknown := set(wanted) - set(known):
        raise SystemExit(f"No part is called {', '.join(sorted(unknown))}. There are: {', '.join(known)}.")
    return wanted or known


def main() -> None:
    wanted, load = chosen(), os.getloadavg()[0]
    before = dict(os.environ)
    figures: list[Figure] = []
    if any(part in WHOLE for part in wanted):
        with running_house() as house:
            if "memory" in wanted:
                figures += processes.rest(house)
            for part in wanted:
                if part in WHOLE:
                    _say(part)
                    figures += asyncio.run(WHOLE[part](house))  # type: ignore[arg-type]  # they are coroutines
    os.environ.clear()
    os.environ.update(before)
    for part in wanted:
        if part in BARE:
            _say(part)
            figures += asyncio.run(_bare(BARE[part]))
    show(figures, load)


async def _bare(measure: Callable[[Place], Awaitable[list[Figure]]]) -> list[Figure]:
    async with bare_place() as place:
        return await measure(place)


def _say(part: str) -> None:
    print(f"measuring {part} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
