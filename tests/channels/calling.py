"""Webhooks out, as tests use them: endpoints, what happens to a customer, what is due, what the log says."""

from typing import Any

from sqlalchemy import func, select, text

from channels import endpoints
from channels.endpoints import Endpoint, EndpointAttempt, EndpointDelivery
from core.leases import lease
from customers import timeline
from workers import runner

SERVICED = "custom.machine.serviced"


async def add(database, url: str, kinds=("*",)) -> tuple[Endpoint, str]:
    async with database.transaction() as session:
        return await endpoints.add(session, "The accounts", url, kinds, private=True)


async def happen(database, customer_id, *keys: str, kind: str = SERVICED) -> None:
    async with database.transaction() as session:
        for key in keys:
            await timeline.append_own(session, customer_id, kind, {"title": key}, source_key=key)


async def run_due(database, resources) -> None:
    """Run what is due now, and what follows from it at once, as workers do."""
    while True:
        async with database.transaction() as session:
            leases = [
                *await lease(session, "default", 100),
                *await lease(session, "calls", 100),
            ]
        if not leases:
            return
        for each in leases:
            await runner.run(database, resources, each)


async def make_due(database) -> None:
    async with database.transaction() as session:
        await session.execute(text("UPDATE job SET due_at = now(), leased_until = NULL"))


async def deliveries(database) -> list[EndpointDelivery]:
    async with database.transaction() as session:
        return list(
            await session.scalars(
                select(EndpointDelivery).order_by(EndpointDelivery.created_at, EndpointDelivery.id)
            )
        )


async def attempts(database) -> list[EndpointAttempt]:
    async with database.transaction() as session:
        return list(await session.scalars(select(EndpointAttempt).order_by(EndpointAttempt.id)))


async def count(database, model: Any) -> int:
    async with database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0
