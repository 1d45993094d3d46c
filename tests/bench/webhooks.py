"""Webhooks: how soon a provider has its answer while two hundred a second come in."""

import hmac
import json
import time
from collections import Counter
from hashlib import sha256

import asyncpg
from uuid_utils.compat import uuid7

from tests.bench.figures import Figure, at_most, percentile
from tests.bench.house import House
from tests.bench.load import Browser, paced

RATE = 200
SECONDS = 5
LINES = 24
INSERT = "INSERT INTO received_webhook (id, provider, external_id, body) VALUES ($1, 'bench', $2, $3)"


async def measure(house: House) -> list[Figure]:
    lines = [Browser(house.town.site) for _ in range(LINES)]
    free = list(lines)
    refused = Counter[bool]()
    secret = house.settings.stripe_webhook_secret.get_secret_value()

    def event(number: int) -> tuple[bytes, str]:
        body = json.dumps(
            {
                "id": f"evt_bench_{time.time_ns()}_{number}",
                "object": "event",
                "type": "customer.updated",
                "api_version": "2026-01-01",
                "created": int(time.time()),
                "livemode": False,
                "pending_webhooks": 1,
                "request": None,
                "data": {"object": {"id": "cus_bench", "object": "customer", "name": "Ann" * 40}},
            }
        ).encode()
        moment = int(time.time())
        signature = hmac.new(secret.encode(), f"{moment}.".encode() + body, sha256).hexdigest()
        return body, f"t={moment},v1={signature}"

    async def post(number: int) -> None:
        line = free.pop() if free else Browser(house.town.site)
        body, signature = event(number)
        raw = line.request("POST", "/webhooks/stripe", body, "application/json", stripe_signature=signature)
        answer = await line.send(raw)
        refused[answer.status != 204] += 1
        free.append(line)

    await paced(post, 50, 1)
    refused.clear()
    used = house.cpu()
    load = await paced(post, RATE, SECONDS)
    used = house.cpu() - used
    for line in free:
        line.close()
    pool = await asyncpg.create_pool(
        house.settings.database_url.replace("+asyncpg", ""), min_size=8, max_size=8
    )

    async def insert(number: int) -> None:
        await pool.execute(INSERT, uuid7(), f"evt_{time.time_ns()}_{number}", event(number)[0])

    bare = await paced(insert, RATE, SECONDS)
    await pool.execute("DELETE FROM received_webhook WHERE provider = 'bench'")
    await pool.close()
    cpu = (used["web"] + used["postgres"]) / load.number
    name = "bare asyncpg insert + commit at the same rate"
    return [
        at_most("webhooks refused at 200/s, to come again", refused[True], "of 1,000", 0),
        at_most(
            "webhook acknowledged, p99 at 200/s",
            percentile(load.waits, 99),
            "ms",
            None,
            percentile(bare.waits, 99),
            name,
            cpu,
        ),
        at_most(
            "webhook acknowledged, p50 at 200/s",
            percentile(load.waits, 50),
            "ms",
            None,
            percentile(bare.waits, 50),
            name,
        ),
    ]
