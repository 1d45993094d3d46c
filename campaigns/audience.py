"""The audience of a broadcast: frozen once, in one statement, into the recipient ledger."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, and_, case, func, literal, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.criteria import MERGED
from campaigns.models import Broadcast, BroadcastRecipient, RecipientState
from campaigns.segments import PATIENT, get, limited, matching
from customers.models import Identity, IdentityKind

KINDS = {"email": IdentityKind.EMAIL, "sms": IdentityKind.PHONE}
NO_ADDRESS = {"email": "no e-mail address", "sms": "no phone number"}
SAME_ADDRESS = "another recipient has the same address"


@dataclass(frozen=True)
class Reach:
    """How many are in the segment, and to how many of them a message can be addressed."""

    people: int
    addressed: int


async def freeze(session: AsyncSession, broadcast: Broadcast) -> int:
    """Write everyone in the segment into the ledger; the size of the audience. Again, it adds nobody twice.

    A person is written to at their verified address before a claimed one; records that share an address get
    one message. Whoever cannot be addressed stands in the ledger too, suppressed, with the reason.
    """
    chosen = (await _addressed(session, broadcast)).subquery()
    reachable = and_(chosen.c.value.is_not(None), chosen.c.place == 1)
    rows = select(
        func.uuidv7(),
        literal(broadcast.id),
        chosen.c.customer_id,
        literal(broadcast.channel),
        case((reachable, chosen.c.value), else_=""),
        case((reachable, RecipientState.PENDING), else_=RecipientState.SUPPRESSED),
        case(
            (reachable, None),
            (chosen.c.value.is_(None), NO_ADDRESS[broadcast.channel]),
            else_=SAME_ADDRESS,
        ),
    )
    columns = ["id", "broadcast_id", "customer_id", "channel", "address", "state", "reason"]
    await session.execute(
        insert(BroadcastRecipient).from_select(columns, rows, include_defaults=False).on_conflict_do_nothing()
    )
    count = select(func.count()).where(BroadcastRecipient.broadcast_id == broadcast.id)
    return await session.scalar(count) or 0


async def reach(session: AsyncSession, broadcast: Broadcast) -> Reach:
    """Whom the broadcast would reach if it were launched now, consent aside."""
    chosen = (await _addressed(session, broadcast)).subquery()
    query = select(
        func.count(), func.count().filter(chosen.c.value.is_not(None), chosen.c.place == 1)
    ).select_from(chosen)
    async with limited(session, PATIENT):
        people, addressed = (await session.execute(query)).one()
    return Reach(people, addressed)


async def _addressed(session: AsyncSession, broadcast: Broadcast) -> Select[UUID, str, int]:
    """Everyone in the segment with the address to write to and its place among those who share it."""
    assert broadcast.segment_id is not None
    segment = await get(session, broadcast.segment_id)
    inside = (await matching(session, segment.definition)).subquery()
    owner = func.coalesce(MERGED.c.root, Identity.customer_id).label("owner")
    claimed = Identity.verified_at.is_(None)
    best = (
        select(owner, Identity.value, claimed.label("claimed"), Identity.created_at, Identity.id)
        .outerjoin_from(Identity, MERGED, MERGED.c.id == Identity.customer_id)
        .where(Identity.kind == KINDS[broadcast.channel])
        .ext(distinct_on(owner))
        .order_by(owner, claimed, Identity.created_at, Identity.id)
        .subquery()
    )
    place = func.row_number().over(
        partition_by=best.c.value, order_by=(best.c.claimed, best.c.created_at, best.c.id)
    )
    return select(inside.c.id.label("customer_id"), best.c.value, place.label("place")).outerjoin_from(
        inside, best, best.c.owner == inside.c.id
    )
