"""What stands around every page of the customer site: read now and then, not at every request."""

import asyncio
import time
from dataclasses import dataclass, field

from core.database import Database
from estore import catalogue
from estore.goods import Category
from estore.sales import Sales, recent

KEPT = 30.0
SALES_KEPT = 600.0


@dataclass(frozen=True)
class Shelf:
    slug: str
    name: str


@dataclass
class Shell:
    database: Database
    categories: list[Category] = field(default_factory=list)
    read_at: float = -KEPT
    # What sells and what is bought together.
    sales: Sales = field(default_factory=Sales)
    sales_read_at: float = -SALES_KEPT
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    _forgotten: int = 0

    def shelves(self, locale: str) -> list[Shelf]:
        """The categories of the store's header in a language."""
        return [
            Shelf(one.slug, catalogue.words(one, "name", locale))
            for one in self.categories
            if one.parent_id is None
        ]

    def forget(self) -> None:
        """Read the categories again for the next page: they may have changed."""
        self.read_at = float("-inf")
        self._forgotten += 1

    async def refresh(self) -> None:
        """Read the categories again when what we have is older than KEPT seconds, and the sales now and then."""
        if time.monotonic() - self.read_at < KEPT:
            return
        async with self._reading:
            begun, forgotten = time.monotonic(), self._forgotten
            if begun - self.read_at < KEPT:
                return
            async with self.database.transaction() as session:
                self.categories = await catalogue.categories(session)
                if begun - self.sales_read_at >= SALES_KEPT:
                    self.sales = await recent(session)
                    self.sales_read_at = begun
            if self._forgotten == forgotten:
                self.read_at = begun
