"""What has just happened is counted by a job a moment later; whoever verifies may wait for it."""

import asyncio
from uuid import UUID

from sqlalchemy import delete

from core.database import Database
from core.jobs import JobRow
from customers import identities, timeline, traits
from customers.identities import email
from customers.signin import SignedIn
from workers.verification import verify, verify_settled

PATIENCE = 30


async def signed_in(database: Database) -> UUID:
    """A customer whose sign-in stands on the timeline, and in no figure yet."""
    async with database.transaction() as session:
        customer_id = await identities.resolve(session, email("ida@example.test"), proven=True)
        await timeline.append(session, customer_id, SignedIn("link"), source_key="sign_in:1")
    return customer_id


async def test_what_a_due_job_is_about_to_count_is_no_difference_to_who_waits(database: Database) -> None:
    customer_id = await signed_in(database)
    before = await verify(database)
    assert [(one.check, one.subject) for one in before.differences] == [
        ("traits are what the timeline says", str(customer_id))
    ]
    assert before.waiting == 1
    waiting = asyncio.create_task(verify_settled(database, PATIENCE))
    async with database.transaction() as session:
        await traits.refresh(session, [customer_id])
        await session.execute(delete(JobRow))
    found = await waiting
    assert (found.differences, found.waiting) == ([], 0)


async def test_a_difference_that_no_job_will_remove_is_told_at_once(database: Database) -> None:
    customer_id = await signed_in(database)
    async with database.transaction() as session:
        await session.execute(delete(JobRow))
    async with asyncio.timeout(PATIENCE / 2):
        found = await verify_settled(database, PATIENCE)
    assert [one.subject for one in found.differences] == [str(customer_id)]


async def test_waiting_ends_with_what_differs_then(database: Database) -> None:
    customer_id = await signed_in(database)
    found = await verify_settled(database, 0)
    assert [one.subject for one in found.differences] == [str(customer_id)]
    assert found.waiting == 1
