"""`make bench`: every figure, each beside its baseline from the same run; ONLY=store,mail measures these parts."""

import asyncio
import os
import statistics
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from functools import partial

from tests.bench import (
    chat,
    desk,
    endurance,
    inbound,
    jobs,
    mail,
    processes,
    segments,
    store,
    timeline,
    webhooks,
)
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


# What takes long, and is measured only when it is named.
LONG = {"endurance": endurance.measure}
FAILED: list[str] = []


def chosen() -> list[str]:
    """The parts to measure. Raises SystemExit for one that there is not."""
    wanted = [part for part in os.environ.get("ONLY", "").replace(",", " ").split() if part]
    known = [*BARE, *WHOLE]
    if unknown := set(wanted) - {*known, *LONG}:
        raise SystemExit(
            f"No part is called {', '.join(sorted(unknown))}. There are: {', '.join([*known, *LONG])}."
        )
    return wanted or known


def main() -> None:
    wanted, load = chosen(), os.getloadavg()[0]
    before = dict(os.environ)
    figures = [_machine()]
    if any(part in WHOLE for part in wanted):
        with running_house() as house:
            if "memory" in wanted:
                figures += processes.rest(house)
            for part in wanted:
                if part in WHOLE:
                    figures += _measured(part, partial(WHOLE[part], house))
    os.environ.clear()
    os.environ.update(before)
    for part in wanted:
        if part not in WHOLE:
            figures += _measured(part, partial(_bare, (BARE | LONG)[part]))
    show(figures, load)
    if FAILED:
        raise SystemExit(f"Not measured: {', '.join(FAILED)}; see above.")


def _measured(part: str, measure: Callable[[], Awaitable[list[Figure]]]) -> list[Figure]:
    """The figures of a part; one that fails costs only its own."""
    print(f"measuring {part} …", file=sys.stderr, flush=True)
    try:
        return asyncio.run(_awaited(measure))
    except Exception:
        traceback.print_exc()
        FAILED.append(part)
        return []


async def _awaited(measure: Callable[[], Awaitable[list[Figure]]]) -> list[Figure]:
    return await measure()


async def _bare(measure: Callable[[Place], Awaitable[list[Figure]]]) -> list[Figure]:
    async with bare_place() as place:
        return await measure(place)


def _machine() -> Figure:
    """What a fixed piece of Python costs here and now: where it is dear, so is every figure in CPU."""
    spent = []
    for _ in range(10):
        began = time.process_time()
        sum(number * number for number in range(200_000))
        spent.append((time.process_time() - began) * 1000)
    return Figure("this machine: 200,000 squares in Python", statistics.median(spent), "ms CPU")


if __name__ == "__main__":
    main()
