"""Consent: one ledger, one gate. Nothing leaves the house without asking `may_contact()`.

What counts for a person, a channel and a topic is the last word in the ledger, of all the records that are that
person. With one exception: the yes of a guest, who has not proven the address it was given for. It is kept, counts
from the moment that one of the person's records has proven that address, and never against any other word of
theirs: nobody comes back to us because somebody typed their address.

Whoever takes a word back is also left alone at their addresses, on that topic, under whichever record those stand;
only they themselves, having proven the address, can lift that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from customers import timeline
from customers.merging import group
from customers.models import ConsentRecord, Identity, IdentityKind, Suppression, SuppressionScope

Purpose = Literal["transactional", "marketing"]
NEWS = "news"
# The actor of a consent whose giver had not proven the address: see above.
GUEST = "guest"
KINDS = {"email": IdentityKind.EMAIL, "sms": IdentityKind.PHONE}


class ConsentGranted(timeline.Happening, tag="consent.granted", frozen=True):
    channel: str
    topic: str
    source: str


class ConsentWithdrawn(timeline.Happening, tag="consent.withdrawn", frozen=True):
    channel: str
    topic: str
    source: str


@dataclass(frozen=True)
class Recipient:
    customer_id: UUID
    channel: str
    address: str


@dataclass(frozen=True)
class Verdict:
    """Whether a message may go; when not, why, and from when on it may be asked again (UTC)."""

    allowed: bool
    reason: str = ""
    retry_at: datetime | None = None


YES = Verdict(True)


async def grant(
    session: AsyncSession,
    customer_id: UUID,
    channel: str,
    *,
    source: str,
    topic: str = NEWS,
    address: str = "",
    wording: str = "",
    actor: str = "customer",
    proven: bool = True,
) -> None:
    """Record that a customer allows a topic on a channel: where, in which words, who wrote it down.

    Say `proven=False` when whoever says it has not proven the `address` to be theirs: a guest at the till.
    """
    actor = actor if proven else GUEST
    await _record(session, customer_id, channel, topic, True, source, address, wording, actor)
    if actor == "customer":
        await session.execute(
            delete(Suppression)
            .where(
                Suppression.channel == channel,
                Suppression.scope == _only(topic),
                Suppression.address.in_(await _addresses(session, customer_id, channel, address)),
            )
            .execution_options(synchronize_session=False)
        )


async def withdraw(
    session: AsyncSession,
    customer_id: UUID,
    channel: str,
    *,
    source: str,
    topic: str = NEWS,
    address: str = "",
    actor: str = "customer",
) -> None:
    """Record that a customer no longer allows a topic on a channel; it counts from the commit on.

    It also closes the topic to `address`, else to every address of theirs that is proven.
    """
    await _record(session, customer_id, channel, topic, False, source, address, "", actor)
    closed = [
        {"channel": channel, "address": each, "scope": _only(topic), "reason": f"unsubscribed from {topic}"}
        for each in await _addresses(session, customer_id, channel, address)
    ]
    if closed:
        await session.execute(insert(Suppression).on_conflict_do_nothing(), closed)


def _only(topic: str) -> str:
    """The scope of a suppression that concerns one topic."""
    return f"topic:{topic}"


async def _addresses(session: AsyncSession, customer_id: UUID, channel: str, address: str) -> list[str]:
    if address or channel not in KINDS:
        return [plain(address)] if address else []
    proven = select(Identity.value).where(
        Identity.customer_id.in_(await group(session, customer_id)),
        Identity.kind == KINDS[channel],
        Identity.verified_at.is_not(None),
    )
    return sorted(await session.scalars(proven))


async def _record(
    session: AsyncSession,
    customer_id: UUID,
    channel: str,
    topic: str,
    granted: bool,
    source: str,
    address: str,
    wording: str,
    actor: str,
) -> None:
    record = ConsentRecord(
        customer_id=customer_id,
        channel=channel,
        topic=topic,
        granted=granted,
        source=source,
        address=address,
        wording=wording,
        actor=actor,
    )
    session.add(record)
    await session.flush()
    happening = (ConsentGranted if granted else ConsentWithdrawn)(channel, topic, source)
    await timeline.append(session, customer_id, happening, source_key=f"consent:{record.id}")


def plain(address: str) -> str:
    """An address as suppressions have it: to close Ann@Example.test closes ann@example.test."""
    return address.strip().lower()


async def suppress(
    session: AsyncSession, channel: str, address: str, *, reason: str, scope: SuppressionScope
) -> None:
    """Never write to this address again: `scope` marketing, or all."""
    await session.execute(
        insert(Suppression)
        .values(channel=channel, address=plain(address), reason=reason, scope=scope)
        .on_conflict_do_nothing()
    )


async def lift(
    session: AsyncSession,
    channel: str,
    address: str,
    scope: SuppressionScope,
    *,
    reasons: Sequence[str] | None = None,
) -> bool:
    """Take a suppression back, with `reasons` only if it stands for one of them; whether there was one.

    The owner of the address asked for it (START), or a colleague did, for a reason.
    """
    statement = delete(Suppression).where(
        Suppression.channel == channel, Suppression.address == plain(address), Suppression.scope == str(scope)
    )
    if reasons is not None:
        statement = statement.where(Suppression.reason.in_(reasons))
    return (await session.execute(statement.returning(Suppression.id))).first() is not None


# Which records of the ledger count (`r`), of a person whose records are the array {people}: see above.
COUNTS = """(r.actor <> 'guest' OR EXISTS (
    SELECT FROM identity i WHERE i.kind IN ('email', 'phone') AND i.value = r.address
    AND i.verified_at IS NOT NULL AND i.customer_id = ANY({people})
))"""
LATEST = text(f"""
SELECT DISTINCT ON (root, channel, topic) root, channel, topic, granted
FROM (
    WITH RECURSIVE up AS (
        SELECT id AS asked, id, merged_into_id FROM customer WHERE id = ANY(cast(:ids AS uuid[]))
        UNION ALL SELECT up.asked, c.id, c.merged_into_id FROM customer c JOIN up ON c.id = up.merged_into_id
    ), down AS (
        SELECT asked, id FROM up WHERE merged_into_id IS NULL
        UNION ALL SELECT down.asked, c.id FROM customer c JOIN down ON c.merged_into_id = down.id
    )
    SELECT down.asked AS root, r.channel, r.topic, r.granted, r.id, r.actor = 'guest' AS guest
    FROM down JOIN consent_record r ON r.customer_id = down.id
    WHERE (cast(:channels AS text[]) IS NULL OR r.channel = ANY(cast(:channels AS text[])))
        AND (cast(:topic AS text) IS NULL OR r.topic = :topic)
        AND {COUNTS.format(people="ARRAY(SELECT same.id FROM down AS same WHERE same.asked = down.asked)")}
) AS said
ORDER BY root, channel, topic, guest, id DESC
""")  # noqa: S608 - only a part of our own is put in


STOPPED = text("""
SELECT s.channel, s.address, s.scope, s.reason
FROM (SELECT DISTINCT * FROM unnest(cast(:channels AS text[]), cast(:addresses AS text[])) AS given (channel, address))
    AS asked
JOIN suppression s ON s.channel = asked.channel AND s.address = asked.address
""")


# Both at once, for whom the gate is asked about news: they are the parts of one answer.
GATE = text(f"""
SELECT cast(NULL AS uuid) AS root, channel, address, scope, reason FROM ({STOPPED.text}) AS stopped
UNION ALL SELECT root, channel, NULL, NULL, NULL FROM ({LATEST.text}) AS latest WHERE granted
""")  # noqa: S608 - only parts of our own are put in


async def standing(session: AsyncSession, customer_id: UUID) -> set[tuple[str, str]]:
    """The (channel, topic) pairs that a customer allows."""
    said = await session.execute(LATEST, {"ids": [customer_id], "channels": None, "topic": None})
    return {(channel, topic) for _, channel, topic, granted in said if granted}


async def may_contact(
    session: AsyncSession, recipient: Recipient, purpose: Purpose, topic: str = NEWS
) -> Verdict:
    """The gate, for one message; see `may_contact_all`."""
    return (await may_contact_all(session, [recipient], purpose, topic))[0]


async def may_contact_all(
    session: AsyncSession, recipients: Sequence[Recipient], purpose: Purpose, topic: str = NEWS
) -> list[Verdict]:
    """The gate: a verdict for each recipient, in order, as the database stands at this statement.

    Transactional messages stop at suppressed addresses (scope all); marketing also needs a standing consent
    for the channel and topic and an address that is not suppressed, for marketing or this topic.
    """
    if not recipients:
        return []
    suppressed: dict[tuple[str, str], str] = {}
    left: dict[tuple[str, str], str] = {}
    allowed: set[tuple[UUID, str]] = set()
    asked: dict[str, Any] = {
        "channels": [recipient.channel for recipient in recipients],
        "addresses": [plain(recipient.address) for recipient in recipients],
    }
    if purpose == "marketing":
        people = list({recipient.customer_id for recipient in recipients})
        rows = await session.execute(GATE, {**asked, "ids": people, "topic": topic})
    else:
        rows = await session.execute(STOPPED, asked)
    for *known, channel, address, scope, reason in rows:
        if scope is None:
            allowed.add((known[0], channel))
        elif scope == SuppressionScope.ALL or (
            purpose == "marketing" and scope == SuppressionScope.MARKETING
        ):
            suppressed[(channel, address)] = reason
        elif purpose == "marketing" and scope == _only(topic):
            left[(channel, address)] = reason
    verdicts = []
    for recipient in recipients:
        way = recipient.channel, plain(recipient.address)
        blocked = suppressed.get(way)
        if blocked is not None:
            verdicts.append(Verdict(False, f"suppressed: {blocked}"))
        elif purpose == "marketing" and (recipient.customer_id, recipient.channel) not in allowed:
            verdicts.append(Verdict(False, "no consent"))
        elif way in left:
            verdicts.append(Verdict(False, f"suppressed: {left[way]}"))
        else:
            verdicts.append(YES)
    return verdicts
