"""Broadcasts as marketers see them: written, checked, scheduled, launched, paused, cancelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import audience, controls, personal, segments, sending, topics
from campaigns.content import Compiled, Rendered, compile_content, render
from campaigns.jobs import PrepareBroadcast
from campaigns.models import Broadcast, BroadcastState, Link
from campaigns.templates import sentence
from channels.outbox import Outgoing, queue
from core.clock import now
from core.errors import Conflict, Invalid, NotFound
from core.jobs import enqueue
from core.nudges import nudge
from core.settings import Settings
from core.staff import Staff
from customers import identities

TOPIC = "campaigns"
SAMPLE = 500
SHOWN_PROBLEMS = 20


@dataclass(frozen=True)
class Problem:
    """Why the message cannot be made for one of the audience."""

    customer_id: UUID
    name: str
    sentence: str


@dataclass(frozen=True)
class Sample:
    """Some of the audience, and what is to be put together for them."""

    people: int
    addressed: int
    content: Compiled
    drawn: tuple[personal.Person, ...]


@dataclass(frozen=True)
class Preflight:
    """What a launch would meet: `checked` of `people` were put together, `failing` of those cannot be sent.

    `problems` shows the first of them. Everyone beyond `checked` is put together when it is their turn, and
    stands in the ledger as failed, with the reason, when that cannot be done.
    """

    people: int
    addressed: int
    checked: int
    failing: int
    problems: tuple[Problem, ...]


async def create(session: AsyncSession, name: str, channel: str, staff_id: UUID | None = None) -> Broadcast:
    """An empty draft. Raises Invalid."""
    if channel not in topics.CHANNELS:
        raise Invalid("That channel does not carry campaigns.", {"channel": "Choose e-mail or SMS."})
    broadcast = Broadcast(name=_name(name), channel=channel, topic=topics.TOPICS[0].key, created_by=staff_id)
    session.add(broadcast)
    await session.flush()
    return broadcast


async def get(session: AsyncSession, broadcast_id: UUID) -> Broadcast:
    """Raises NotFound."""
    broadcast = await session.get(Broadcast, broadcast_id)
    if broadcast is None:
        raise NotFound("That campaign does not exist.")
    return broadcast


async def listed(
    session: AsyncSession, before: tuple[datetime, UUID] | None = None, limit: int = 50
) -> list[Broadcast]:
    """Broadcasts, newest first; `before` is (created_at, id) of the last of the page before."""
    query = select(Broadcast).order_by(Broadcast.created_at.desc(), Broadcast.id.desc()).limit(limit)
    if before is not None:
        query = query.where(tuple_(Broadcast.created_at, Broadcast.id) < before)
    return list(await session.scalars(query))


async def edit(
    session: AsyncSession,
    broadcast_id: UUID,
    version: int,
    *,
    name: str | None = None,
    segment_id: UUID | None = None,
    topic: str | None = None,
    format: str | None = None,
    subject: str | None = None,
    body: str | None = None,
) -> Broadcast:
    """Change a draft; what is None stays. Half-written content is kept as it is: the launch checks it.

    Raises Conflict when it is no draft, or `version` is not the one that was read.
    """
    broadcast = await _draft(session, broadcast_id, version)
    if name is not None:
        broadcast.name = _name(name)
    if segment_id is not None:
        broadcast.segment_id = (await segments.get(session, segment_id)).id
    if topic is not None:
        broadcast.topic = topics.topic(topic).key
    if format is not None:
        if format not in ("markdown", "html"):
            raise Invalid("That is not a way to write.", {"format": "Choose Markdown or HTML."})
        broadcast.format = format
    if subject is not None:
        broadcast.subject = _plain(subject)[:300]
    if body is not None:
        broadcast.body = body.replace("\x00", "").replace("\r\n", "\n")[:300_000]
    broadcast.version += 1
    await session.flush()
    return broadcast


async def delete(session: AsyncSession, broadcast_id: UUID, version: int) -> None:
    """Forget a draft. Raises Conflict for anything that was launched."""
    await session.delete(await _draft(session, broadcast_id, version))


def compiled(broadcast: Broadcast) -> Compiled:
    """The content: as it was approved once launched, else as it is written now. Raises Invalid."""
    if broadcast.compiled is not None:
        return msgspec.convert(broadcast.compiled, Compiled)
    return compile_content(broadcast.channel, broadcast.format, broadcast.subject, broadcast.body)


async def preview(
    session: AsyncSession, settings: Settings, broadcast: Broadcast, customer_id: UUID
) -> Rendered:
    """The message as this customer would get it, its links not tracked. Raises Invalid, NotFound."""
    content = compiled(broadcast)
    person = await personal.person(session, customer_id)
    return render(content, personal.values(settings, content, person))


async def sample(session: AsyncSession, broadcast: Broadcast) -> Sample:
    """Draw at most SAMPLE of the audience for `preflight`. Raises Invalid when something is missing or wrong."""
    segment = await segments.get(session, _segment_of(broadcast))
    content = compiled(broadcast)
    reach = await audience.reach(session, broadcast)
    members = await segments.members(session, segment.definition, limit=SAMPLE)
    people = await personal.people(session, [customer.id for customer in members])
    return Sample(reach.people, reach.addressed, content, tuple(people[each.id] for each in members))


def preflight(settings: Settings, drawn: Sample) -> Preflight:
    """Put the message together for a sample. It takes milliseconds a person: in a thread, outside transactions."""
    problems = []
    for person in drawn.drawn:
        try:
            render(drawn.content, personal.values(settings, drawn.content, person))
        except Invalid as error:
            problems.append(Problem(person.customer_id, person.name, sentence(error)))
    return Preflight(
        drawn.people, drawn.addressed, len(drawn.drawn), len(problems), tuple(problems[:SHOWN_PROBLEMS])
    )


def refuse(found: Preflight) -> None:
    """Raises Invalid when a launch would reach nobody, or fail for some of those who were looked at."""
    if found.addressed == 0:
        raise Invalid("Nobody in this segment can be reached.", {"segment_id": "Choose another segment."})
    if found.problems:
        raise Invalid(
            f"The message cannot be put together for {found.failing} of {found.checked}.",
            {"body": f"{found.problems[0].name or 'Someone without a name'}: {found.problems[0].sentence}"},
        )


async def launch(
    session: AsyncSession,
    broadcast_id: UUID,
    version: int,
    staff_id: UUID | None = None,
    at: datetime | None = None,
) -> Broadcast:
    """Approve a draft as it is and send it: now, or at an instant to come. The audience is frozen then.

    Raises Invalid when something is missing or wrong, Conflict when it is no draft or was changed since
    `version`. Ask `preflight` first, and `refuse` what it finds.
    """
    broadcast = await _draft(session, broadcast_id, version)
    if at is not None and at <= now():
        raise Invalid("That moment has passed.", {"at": "Choose one that is still to come."})
    _segment_of(broadcast)
    content = compiled(broadcast)
    broadcast.compiled = msgspec.to_builtins(content)
    session.add_all(
        Link(broadcast_id=broadcast.id, position=position, url=url)
        for position, url in enumerate(content.links)
    )
    broadcast.launched_by, broadcast.launched_at, broadcast.scheduled_at = staff_id, now(), at
    broadcast.state = BroadcastState.SCHEDULED if at else BroadcastState.PREPARING
    broadcast.version += 1
    await session.flush()
    await enqueue(session, PrepareBroadcast(broadcast.id), due_at=at)
    nudge(session, TOPIC, str(broadcast.id))
    return broadcast


async def unschedule(session: AsyncSession, broadcast_id: UUID) -> Broadcast:
    """Make a draft again of what is scheduled and has not begun. Raises Conflict."""
    broadcast = await controls.locked(session, broadcast_id)
    if broadcast.state != BroadcastState.SCHEDULED:
        raise Conflict("This campaign is not waiting for its time any more.")
    for link in await session.scalars(select(Link).where(Link.broadcast_id == broadcast_id)):
        await session.delete(link)
    broadcast.state, broadcast.compiled, broadcast.scheduled_at = BroadcastState.DRAFT, None, None
    broadcast.launched_at = broadcast.launched_by = None
    broadcast.version += 1
    nudge(session, TOPIC, str(broadcast.id))
    return broadcast


async def send_test(
    session: AsyncSession, settings: Settings, broadcast: Broadcast, to: str, as_customer_id: UUID
) -> UUID:
    """Send the message, as a customer would get it, to a colleague; it is marked, and in nobody's figures.

    `to` is a colleague's e-mail address, or for SMS any number. Raises Invalid, NotFound.
    """
    content = await preview(session, settings, broadcast, as_customer_id)
    if broadcast.channel == "email":
        contact = identities.email(to)
        if await session.scalar(select(Staff.id).where(Staff.email == contact.value)) is None:
            raise Invalid("Tests go to colleagues only.", {"to": "That is not the address of a colleague."})
    else:
        contact = identities.phone(to, settings.country)
    customer_id = await identities.resolve(session, contact, proven=False, source="desk")
    outgoing = Outgoing(
        customer_id=customer_id,
        channel=broadcast.channel,
        to=contact.value,
        account=sending.account(settings, broadcast.channel),
        sender_name=settings.company_name,
        subject=f"[Test] {content.subject}" if broadcast.channel == "email" else "",
        text=content.text if broadcast.channel == "email" else f"[Test] {content.text}",
        html=content.html,
    )
    return (await queue(session, [outgoing]))[0]


async def sample_customers(
    session: AsyncSession, broadcast: Broadcast, limit: int = 10
) -> Sequence[personal.Person]:
    """A few of the segment, to preview as."""
    if broadcast.segment_id is None:
        return []
    segment = await segments.get(session, broadcast.segment_id)
    found = await segments.members(session, segment.definition, limit=limit)
    return list((await personal.people(session, [customer.id for customer in found])).values())


async def _draft(session: AsyncSession, broadcast_id: UUID, version: int) -> Broadcast:
    broadcast = await controls.locked(session, broadcast_id)
    if broadcast.state != BroadcastState.DRAFT:
        raise Conflict("This campaign was launched, so it cannot be changed any more.")
    if broadcast.version != version:
        raise Conflict("A colleague has changed this campaign meanwhile. Look at it again first.")
    return broadcast


def _segment_of(broadcast: Broadcast) -> UUID:
    if broadcast.segment_id is None:
        raise Invalid("Nobody is chosen yet.", {"segment_id": "Choose who it goes to."})
    return broadcast.segment_id


def _plain(value: str) -> str:
    return " ".join(value.replace("\x00", "").split())


def _name(value: str) -> str:
    name = _plain(value)[:120]
    if not name:
        raise Invalid("A campaign needs a name.", {"name": "What your colleagues will find it by."})
    return name
