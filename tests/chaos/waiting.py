"""Waiting for what other processes do."""

import asyncio
import time
from collections.abc import Callable


async def until_true(ask: Callable[[], bool], seconds: float) -> None:
    """Ask every tenth of a second, in a thread, until the answer is yes; fails when it never is."""
    end = time.monotonic() + seconds
    while not await asyncio.to_thread(ask):
        assert time.monotonic() < end, f"not within {seconds} s"
        await asyncio.sleep(0.1)
