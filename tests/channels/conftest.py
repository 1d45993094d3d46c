"""Fixtures of the channel tests: settings in the environment, customers, a mail server."""

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncSession

from core.schema import import_models
from customers import identities
from tests.channels import sink as sinks
from tests.channels.receiver import receiving
from workers.handlers import load
from workers.resources import Resources


@pytest.fixture(autouse=True)
def told(environment: None) -> None:
    """All tests here read the process's settings."""


async def meet(session: AsyncSession, address: str, *, verified: bool = True):
    """A customer with this e-mail address; their id."""
    contact = identities.email(address)
    if verified:
        return await identities.verify(session, contact, by="link")
    return await identities.resolve(session, contact, proven=False, source="email")


@pytest.fixture
async def sink():
    async with sinks.running() as sink:
        yield sink


@pytest.fixture
async def resources(settings, sink):
    import_models()
    load()
    resources = Resources(
        settings.model_copy(update={"smtp_relay_port": sink.port, "webhooks_to_private": True}), Redis()
    )
    yield resources
    await resources.close()


@pytest.fixture
async def customer_id(database):
    async with database.transaction() as session:
        return await identities.verify(session, identities.email("ann@example.test"), by="link")


@pytest.fixture
async def receiver():
    async with receiving() as receiver:
        yield receiver
