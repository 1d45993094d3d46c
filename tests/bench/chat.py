"""The chat: from a customer's message to the agent's screen."""

import asyncio
import re
import time

from redis.asyncio import Redis
from sqlalchemy import text

from core.database import Database
from tests.bench.desk import signed_in
from tests.bench.figures import Figure, at_most, percentile
from tests.bench.house import House
from tests.bench.load import Browser

MESSAGES = 60
LIMIT = 20


async def measure(house: House) -> list[Figure]:
    customer = Browser(house.town.site)
    await customer.get("/chat")
    answer = await customer.post("/chat", {"body": "Hello", "name": "Ann", "email": "", "key": "bench-0"})
    assert answer.status == 303, answer.body[:400]
    database = Database(house.settings.database_url)
    async with database.transaction() as session:
        conversation = await session.scalar(
            text("SELECT id FROM conversation WHERE channel = 'chat' ORDER BY created_at DESC LIMIT 1")
        )
    await database.close()
    agent = await signed_in(house)
    screen = Browser(agent.site, cookies=dict(agent.cookies))
    wire = await screen.open()
    told: asyncio.Queue[float] = asyncio.Queue()
    wire.on_chunk = lambda data: (
        told.put_nowait(time.perf_counter()) if b"event: conversation" in data else None
    )
    stream = re.search(rb'sse-connect="([^"]+)"', (await agent.get(f"/desk/inbox/{conversation}")).body)
    assert stream is not None
    wire.transport.write(screen.request("GET", stream[1].decode().replace("&amp;", "&")))
    await asyncio.sleep(1)
    waits, seq = [], 1
    used = house.cpu()
    for number in range(MESSAGES):
        while not told.empty():
            told.get_nowait()
        words = f"Message number {number} of the bench"
        # Another address each time: people do not write thirty messages a minute.
        customer.address = f"10.200.{number // 200}.{number % 200}"
        began = time.perf_counter()
        sending = asyncio.create_task(
            customer.post(
                "/chat", {"body": words, "key": f"bench-{number + 1}", "begun": "true"}, hx_request="true"
            )
        )
        while True:
            await asyncio.wait_for(told.get(), 10)
            shown = await agent.get(f"/desk/inbox/{conversation}/since?seq={seq}", hx_request="true")
            if words.encode() in shown.body:
                break
        waits.append((time.perf_counter() - began) * 1000)
        answer = await sending
        assert answer.status == 200, answer.body[:300]
        found = re.findall(rb'data-seq="(\d+)"', shown.body)
        seq = max([seq, *(int(each) for each in found)])
        await asyncio.sleep(0.05)
    used = house.cpu() - used
    for each in (customer, agent, screen):
        each.close()
    cpu = (used["web"] + used["postgres"]) / MESSAGES
    bare = await _bare(house)
    name = "bare Redis publish to subscriber"
    return [
        at_most("chat message to screen, p50", percentile(waits, 50), "ms", LIMIT, percentile(bare, 50), name, cpu),
        at_most("chat message to screen, p99", percentile(waits, 99), "ms", None, percentile(bare, 99), name),
    ]  # fmt: skip


async def _bare(house: House) -> list[float]:
    redis = Redis.from_url(house.settings.redis_url)
    waits = []
    async with redis.pubsub(ignore_subscribe_messages=True) as channel:
        await channel.subscribe("bench")
        await channel.get_message(timeout=1)
        for _ in range(MESSAGES):
            began = time.perf_counter()
            await redis.publish("bench", "1")
            while await channel.get_message(timeout=5) is None:
                pass
            waits.append((time.perf_counter() - began) * 1000)
    await redis.aclose()
    return waits
