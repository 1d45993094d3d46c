import asyncio

from sqlalchemy import func, select

from core.jobs import JobRow
from core.webhooks import ReceivedWebhook, store


async def count(session, model) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


async def test_the_same_event_fifty_times_at_once_is_one_row_and_one_job(database):
    async def arrive() -> bool:
        async with database.transaction() as session:
            return await store(session, "stripe", "evt_1", b"{}")

    new = await asyncio.gather(*(arrive() for _ in range(50)))
    assert new.count(True) == 1
    async with database.transaction() as session:
        assert (await count(session, ReceivedWebhook), await count(session, JobRow)) == (1, 1)


async def test_the_same_id_of_another_provider_is_another_event(session):
    assert await store(session, "stripe", "1", b"a")
    assert await store(session, "twilio", "1", b"b")
    assert not await store(session, "stripe", "1", b"changed")
    assert (
        await session.scalar(select(ReceivedWebhook.body).where(ReceivedWebhook.provider == "stripe")) == b"a"
    )
    assert await count(session, JobRow) == 2


async def test_bytes_are_kept_as_they_came(session):
    body = bytes(range(256))
    await store(session, "twilio", "raw", body)
    assert await session.scalar(select(ReceivedWebhook.body)) == body
