"""Running `throughline` as an operator does: in a process of its own."""

import asyncio
import sys
from collections.abc import Mapping

from core import migrations
from core.settings import Settings
from tests.chaos.processes import environment


async def throughline(
    settings: Settings, *words: str, extra: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """The exit status of a command, and everything that it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "core.cli", *words),
        env={**environment(settings), **(extra or {})},
        cwd=migrations.FOLDER.parents[1],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()
