"""Buyers in processes of their own: `python -m tests.estore.buyers DATABASE_URL PROCESSES`, cart ids on stdin.

Prints what became of each cart, as JSON. What they need is imported once, before the processes part.
"""

import asyncio
import json
import os
import sys
from uuid import UUID

from core.database import Database
from estore import checkout
from estore.stock import SoldOut
from tests.estore.shopping import wish


async def buy(database: Database, cart_id: UUID) -> str:
    try:
        async with database.transaction() as session:
            await checkout.place(session, wish(cart_id, email=f"{cart_id.hex}@example.com"))
    except SoldOut:
        return "sold out"
    return "bought"


async def buy_all(url: str, cart_ids: list[UUID]) -> list[str]:
    database = Database(url, pool_size=13)
    try:
        return await asyncio.gather(*(buy(database, cart_id) for cart_id in cart_ids))
    finally:
        await database.close()


def main() -> None:
    url, processes = sys.argv[1], int(sys.argv[2])
    cart_ids = [UUID(line) for line in sys.stdin.read().split()]
    pipes = []
    for number in range(processes):
        reader, writer = os.pipe()
        if os.fork() == 0:
            os.close(reader)
            said = asyncio.run(buy_all(url, cart_ids[number::processes]))
            os.write(writer, json.dumps(said).encode())
            os._exit(0)
        os.close(writer)
        pipes.append(reader)
    print(json.dumps([answer for reader in pipes for answer in json.loads(os.fdopen(reader).read())]))


if __name__ == "__main__":
    main()
