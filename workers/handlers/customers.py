"""Jobs of the customers package: announcing what happened, keeping traits in step."""

from itertools import batched, chain

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from channels import calls
from core.jobs import enqueue_many
from customers import signin, traits
from customers.models import TimelineEntry
from customers.signin import ForgetSignIns
from customers.timeline import ANNOUNCED_TOGETHER, Announce
from customers.traits import RefreshTraits
from workers.runner import transactional
from workers.subscriptions import SUBSCRIPTIONS

NAMED = select(TimelineEntry).from_statement(
    text(f"""
    SELECT {", ".join(f"e.{column.key}" for column in TimelineEntry.__table__.c)}
    FROM unnest(cast(:owners AS uuid[]), cast(:ids AS uuid[])) AS named (owner, id)
    JOIN timeline_entry e ON e.customer_id = named.owner AND e.id = named.id
    """).columns(*TimelineEntry.__table__.c)  # noqa: S608 - only names of our own columns are put in
)


def _entries_of(jobs: list[Announce]) -> list[Announce]:
    entries = dict.fromkeys(chain.from_iterable(job.entries for job in jobs))
    return [Announce(list(some)) for some in batched(entries, ANNOUNCED_TOGETHER, strict=False)]


def _customers_of(jobs: list[RefreshTraits]) -> list[RefreshTraits]:
    return [RefreshTraits(sorted(set(chain.from_iterable(job.customer_ids for job in jobs))))]


@transactional(Announce, together=_entries_of)
async def announce(session: AsyncSession, job: Announce) -> None:
    """Promise the jobs that follow from new timeline entries; a customer's traits follow from every kind."""
    named = {"owners": [owner for owner, _ in job.entries], "ids": [entry_id for _, entry_id in job.entries]}
    entries = list(await session.scalars(NAMED, named))
    following = [follow(entry) for entry in entries for follow in SUBSCRIPTIONS.get(entry.kind, ())]
    await enqueue_many(session, [job for job in following if job is not None])
    await calls.promise(session, entries)
    touched = sorted({entry.customer_id for entry in entries})
    if len(touched) > 1:
        await enqueue_many(session, [RefreshTraits(touched)])
    elif touched:
        await enqueue_many(session, [RefreshTraits(touched)], keys=[f"traits:{touched[0]}"])


@transactional(RefreshTraits, together=_customers_of)
async def refresh_traits(session: AsyncSession, job: RefreshTraits) -> None:
    await traits.refresh(session, job.customer_ids)


@transactional(ForgetSignIns)
async def forget_sign_ins(session: AsyncSession, job: ForgetSignIns) -> None:
    await signin.forget_old(session)
