"""Tasks that run beside everything else until they are ended."""

import asyncio
from contextlib import suppress
from typing import Any


async def end(task: asyncio.Task[Any] | None) -> None:
    """Cancel a task, and return when it is over; nothing where there is none."""
    if task is not None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
