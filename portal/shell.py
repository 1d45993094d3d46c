"""What stands around every page of the customer site: read now and then, not at every request."""

import time
from dataclasses import dataclass
from typing import Any

from core.database import Database

KEPT = 30.0


@dataclass
class Shell:
    database: Database
    categories: list[Any] = None  # type: ignore[assignment]
    read_at: float = -KEPT

    def __post_init__(self) -> None:
        self.categories = []

    async def refresh(self) -> None:
        """Read the categories again when what we have is older than KEPT seconds."""
        if time.monotonic() - self.read_at < KEPT:
            return
        self.read_at = time.monotonic()
