"""Calls: telling endpoints what stands on the timeline, once each, however often it has to be tried."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from channels.endpoints import (
    EVERYTHING,
    TEST,
    DeliveryState,
    Endpoint,
    EndpointAttempt,
    EndpointDelivery,
    get,
    signing,
)
from channels.jobs import CallEndpoint, ReplayCalls
from core.clock import now
from core.errors import Conflict, NotFound
from core.jobs import enqueue, enqueue_many
from customers.models import TimelineEntry

# An endpoint that took nothing for this long is disabled by itself; a delivery that failed for this long is given up.
PATIENCE = timedelta(days=3)
# What is delivered, or was given up, is kept in the log this long.
KEPT = timedelta(days=30)
LONGEST_ANSWER = 500
# "Nobody wants this any more" (RFC 9110, section 15.5.11).
GONE = 410
# How many deliveries a replay takes up in one transaction; a job goes on with the rest.
REPLAYED = 5_000


class Shown(msgspec.Struct):
    """An entry as the API shows it, which tests compare."""

    id: UUID
    customer_id: UUID
    kind: str
    version: int
    subject_id: UUID | None
    source_key: str
    payload: dict[str, Any]
    occurred_at: datetime
    recorded_at: datetime


@dataclass(frozen=True)
class Call:
    """What is sent where; `failing` says that the calls before came to nothing."""

    delivery_id: UUID
    endpoint_id: UUID
    url: str
    secrets: list[bytes] = field(repr=False)
    body: bytes = field(repr=False)
    failing: bool


@dataclass(frozen=True)
class Answer:
    """What came back: a status and the beginning of the answer, or in `error` why nothing did; `ms` it took."""

    status: int | None
    text: str
    error: str | None
    ms: int

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


async def promise(session: AsyncSession, entries: Sequence[TimelineEntry]) -> int:
    """Promise every endpoint what it wants to hear of these; how many calls that is. Twice changes nothing.

    What a disabled one is promised waits, and is sent by a replay.
    """
    listening = (await session.execute(select(Endpoint.id, Endpoint.kinds))).all()
    rows = [
        {
            "id": uuid7(),
            "endpoint_id": endpoint_id,
            "customer_id": entry.customer_id,
            "entry_id": entry.id,
            "kind": entry.kind,
            "wanted_at": now(),
        }
        for endpoint_id, kinds in listening
        for entry in entries
        if kinds == [EVERYTHING] or entry.kind in kinds
    ]
    if not rows:
        return 0
    statement = (
        insert(EndpointDelivery)
        .on_conflict_do_nothing()
        .returning(EndpointDelivery.id, EndpointDelivery.endpoint_id)
    )
    added = (await session.execute(statement, rows)).all()
    deaf = await _disabled(session) if added else set()
    called = [delivery_id for delivery_id, endpoint_id in added if endpoint_id not in deaf]
    await enqueue_many(session, [CallEndpoint(delivery_id) for delivery_id in called])
    return len(called)


async def _disabled(session: AsyncSession) -> set[UUID]:
    """The endpoints that are told nothing, kept so until our commit: what they are promised is there to be replayed
    by whoever enables them."""
    locked = select(Endpoint.id).where(Endpoint.disabled_at.is_not(None)).order_by(Endpoint.id)
    return set(await session.scalars(locked.with_for_update(read=True)))


async def send_test(session: AsyncSession, endpoint_id: UUID) -> EndpointDelivery:
    """Promise an endpoint an event that says that it is a test. Raises NotFound, and Conflict while disabled."""
    endpoint = await get(session, endpoint_id)
    if endpoint.disabled_at is not None:
        raise Conflict("This endpoint is disabled: enable it first.")
    delivery = EndpointDelivery(endpoint_id=endpoint_id, kind=TEST, wanted_at=now())
    session.add(delivery)
    await session.flush()
    await enqueue(session, CallEndpoint(delivery.id))
    return delivery


async def claim(session: AsyncSession, job: CallEndpoint) -> Call | None:
    """What to send now; None when it arrived, was replayed since, or its endpoint is disabled or gone."""
    found = (
        await session.execute(
            select(EndpointDelivery, Endpoint)
            .join(Endpoint, Endpoint.id == EndpointDelivery.endpoint_id)
            .where(
                EndpointDelivery.id == job.delivery_id,
                EndpointDelivery.round == job.round,
                EndpointDelivery.state == DeliveryState.WAITING,
                Endpoint.disabled_at.is_(None),
            )
        )
    ).one_or_none()
    if found is None:
        return None
    delivery, endpoint = found
    if delivery.entry_id is None:
        at, data = delivery.created_at, {"message": "This is a test: nothing happened."}
    else:
        entry = await session.get_one(TimelineEntry, (delivery.customer_id, delivery.entry_id))
        at = entry.occurred_at
        data = msgspec.to_builtins(msgspec.convert(entry, Shown, from_attributes=True))
    body = msgspec.json.encode({"type": delivery.kind, "timestamp": at, "data": data})
    return Call(
        delivery.id,
        endpoint.id,
        endpoint.url,
        signing(endpoint, now()),
        body,
        endpoint.failing_since is not None,
    )


async def put_off(session: AsyncSession, job: CallEndpoint) -> None:
    """Come again later, in the transaction that ends this job: too much is under way to this endpoint."""
    # A thousand that wait for one that is down come by a few times a second, not all the time.
    wait = 2 ** min(job.waits, 8) * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, nothing secret
    again = CallEndpoint(job.delivery_id, job.round, job.waits + 1)
    await enqueue(session, again, due_at=now() + timedelta(seconds=wait))


async def record(session: AsyncSession, job: CallEndpoint, answer: Answer) -> bool:
    """Log what came of a call, and move the delivery and its endpoint; True when it is to be tried again."""
    delivery = await session.get(EndpointDelivery, job.delivery_id, with_for_update=True)
    if delivery is None:  # removed meanwhile, with its endpoint
        return False
    at = now()
    session.add(
        EndpointAttempt(
            delivery_id=delivery.id,
            at=at,
            status=answer.status,
            answer=answer.text[:LONGEST_ANSWER],
            error=answer.error,
            ms=answer.ms,
        )
    )
    delivery.tries += 1
    delivery.last_status = answer.status
    if answer.taken:
        delivery.state = DeliveryState.DELIVERED
        delivery.delivered_at = delivery.delivered_at or at
        # Written only when there is something to change: one row for all of an endpoint's calls would be hot.
        await session.execute(
            update(Endpoint)
            .where(Endpoint.id == delivery.endpoint_id, Endpoint.failing_since.is_not(None))
            .values(failing_since=None)
        )
        return False
    await session.flush()
    if delivery.round != job.round or delivery.state == DeliveryState.DELIVERED:
        return False
    endpoint = await get(session, delivery.endpoint_id, lock=True)
    endpoint.failing_since = endpoint.failing_since or at
    if endpoint.disabled_at is None and answer.status == GONE:
        endpoint.disabled_at, endpoint.disabled_reason = at, "It answered 410: nobody listens there any more."
    elif endpoint.disabled_at is None and at - endpoint.failing_since >= PATIENCE:
        endpoint.disabled_at = at
        endpoint.disabled_reason = (
            "Every call of the last three days failed. What it missed waits for a replay."
        )
    if endpoint.disabled_at is not None:
        return False
    if at - delivery.wanted_at >= PATIENCE:
        delivery.state = DeliveryState.FAILED
        return False
    return True


def of_endpoint(endpoint_id: UUID) -> Select[EndpointDelivery]:
    """What an endpoint was to be told, to be ordered and cut into pages."""
    return select(EndpointDelivery).where(EndpointDelivery.endpoint_id == endpoint_id)


async def log(
    session: AsyncSession, endpoint_id: UUID, *, unfinished: bool = False, limit: int = 50
) -> Sequence[EndpointDelivery]:
    """An endpoint's deliveries, the newest first; `unfinished` leaves out those that arrived."""
    query = of_endpoint(endpoint_id)
    if unfinished:
        query = query.where(EndpointDelivery.state != DeliveryState.DELIVERED)
    order = EndpointDelivery.created_at.desc(), EndpointDelivery.id.desc()
    return (await session.scalars(query.order_by(*order).limit(limit))).all()


async def unfinished(session: AsyncSession) -> dict[UUID, int]:
    """How many deliveries have not arrived, of each endpoint that has any."""
    rows = await session.execute(
        select(EndpointDelivery.endpoint_id, func.count())
        .where(EndpointDelivery.state != DeliveryState.DELIVERED)
        .group_by(EndpointDelivery.endpoint_id)
    )
    return {endpoint_id: number for endpoint_id, number in rows}


async def delivery(session: AsyncSession, endpoint_id: UUID, delivery_id: UUID) -> EndpointDelivery:
    """One delivery of this endpoint. Raises NotFound."""
    found = await session.scalar(of_endpoint(endpoint_id).where(EndpointDelivery.id == delivery_id))
    if found is None:
        raise NotFound("That delivery does not exist.")
    return found


async def attempts(session: AsyncSession, delivery_ids: Sequence[UUID]) -> dict[UUID, list[EndpointAttempt]]:
    """What was tried for each of these deliveries, the first first."""
    found: dict[UUID, list[EndpointAttempt]] = {delivery_id: [] for delivery_id in delivery_ids}
    for attempt in await session.scalars(
        select(EndpointAttempt)
        .where(EndpointAttempt.delivery_id.in_(delivery_ids))
        .order_by(EndpointAttempt.id)
    ):
        found[attempt.delivery_id].append(attempt)
    return found


async def replay(session: AsyncSession, endpoint_id: UUID, delivery_id: UUID) -> EndpointDelivery:
    """Send one delivery again, now and under the same id, also when it arrived. Raises NotFound, Conflict."""
    await _listening(session, endpoint_id)
    found = await delivery(session, endpoint_id, delivery_id)
    await _again(session, EndpointDelivery.id == found.id)
    await session.refresh(found)
    return found


async def replay_since(session: AsyncSession, endpoint_id: UUID, since: datetime | None = None) -> int:
    """Send everything again that did not arrive, of what was promised since then; how many that is.

    Raises NotFound, and Conflict while the endpoint is disabled.
    """
    await _listening(session, endpoint_id)
    job = ReplayCalls(endpoint_id, since, now())
    number = await session.scalar(select(func.count()).select_from(_missing(job).subquery())) or 0
    await replay_some(session, job)
    return number


async def replay_some(session: AsyncSession, job: ReplayCalls) -> None:
    """Take up to REPLAYED deliveries of a replay, the oldest first; the job comes again while there may be more."""
    some = _missing(job).order_by(EndpointDelivery.created_at, EndpointDelivery.id).limit(REPLAYED)
    if await _again(session, EndpointDelivery.id.in_(some)) == REPLAYED:
        await enqueue(session, job)


def _missing(job: ReplayCalls) -> Select[UUID]:
    missing = select(EndpointDelivery.id).where(
        EndpointDelivery.endpoint_id == job.endpoint_id,
        EndpointDelivery.state != DeliveryState.DELIVERED,
        # What was taken up once is wanted from that moment on.
        EndpointDelivery.wanted_at < job.before,
    )
    return missing if job.since is None else missing.where(EndpointDelivery.created_at >= job.since)


async def _listening(session: AsyncSession, endpoint_id: UUID) -> None:
    if (await get(session, endpoint_id)).disabled_at is not None:
        raise Conflict("This endpoint is disabled: enable it first.")


async def _again(session: AsyncSession, which: ColumnElement[bool]) -> int:
    rows = await session.execute(
        update(EndpointDelivery)
        .where(which)
        .values(state=DeliveryState.WAITING, round=EndpointDelivery.round + 1, wanted_at=now())
        .returning(EndpointDelivery.id, EndpointDelivery.round)
        .execution_options(synchronize_session=False)
    )
    jobs = [CallEndpoint(delivery_id, number) for delivery_id, number in rows]
    await enqueue_many(session, jobs)
    return len(jobs)


async def forget_old(session: AsyncSession) -> None:
    """Delete from the log what nobody has wanted sent for KEPT."""
    before = now() - KEPT
    await session.execute(
        delete(EndpointDelivery)
        .where(EndpointDelivery.created_at < before, EndpointDelivery.wanted_at < before)
        .execution_options(synchronize_session=False)
    )
