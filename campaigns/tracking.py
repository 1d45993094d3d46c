"""What recipients do with a message: follow its links, leave, choose."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import tokens, topics
from campaigns.happenings import CampaignClicked, CampaignUnsubscribed
from campaigns.jobs import JudgeClick
from campaigns.models import Broadcast, BroadcastRecipient, Click, Link
from core.clock import now
from core.errors import NotFound
from core.jobs import enqueue
from core.nudges import nudge
from core.settings import Settings
from customers import consent, timeline
from customers.merging import survivor

# A scanner shows itself by what it does next, so a click is judged a little later.
JUDGED_AFTER = timedelta(seconds=3)
TOO_SOON = timedelta(seconds=2)
BURST = timedelta(seconds=4)
BURST_LINKS = 3
KEPT = 10
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:which, 3))")

_SCANNERS = re.compile(
    r"bot\b|crawl|spider|scan|preview|proofpoint|mimecast|barracuda|safelinks|microsoft office|forcepoint|"
    r"symantec|trendmicro|fireeye|googleimageproxy|yahoomailproxy|urlresolver|slurp|headless|"
    r"facebookexternalhit|whatsapp|slack",
    re.IGNORECASE,
)
_TOOLS = re.compile(
    r"curl|wget|python|aiohttp|httpx|okhttp|java/|go-http|ruby|perl|libwww|node|axios", re.IGNORECASE
)


async def click(
    session: AsyncSession,
    settings: Settings,
    token: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
) -> str:
    """Note that a link was asked for; where it leads, which is only ever an address that was approved.

    Of one link to one recipient the first KEPT requests by browsers, by scanners, … are noted, and no more.
    `headers` by lower-case name. Raises NotFound for a link that is not ours.
    """
    named = tokens.read(settings, "link", token)
    row = (
        await session.execute(
            select(Link.id, Link.url, BroadcastRecipient.customer_id)
            .join(BroadcastRecipient, BroadcastRecipient.broadcast_id == Link.broadcast_id)
            .where(BroadcastRecipient.id == named.recipient_id, Link.position == named.position)
        )
    ).one_or_none()
    if row is None:
        raise NotFound("This link is no longer known.")
    url: str = row.url
    agent = agent_class(method, headers or {})
    same = select(func.count()).where(
        Click.recipient_id == named.recipient_id, Click.link_id == row.id, Click.agent == agent
    )
    if (await session.scalar(same) or 0) >= KEPT:
        return url
    # Counted again alone: a flood that comes at once is no larger than one that comes in turn.
    await session.execute(ONE_AT_A_TIME, {"which": f"{named.recipient_id}:{row.id}"})
    if (await session.scalar(same) or 0) >= KEPT:
        return url
    raw = Click(
        customer_id=row.customer_id,
        recipient_id=named.recipient_id,
        link_id=row.id,
        at=now(),
        method=method[:10],
        agent=agent,
    )
    session.add(raw)
    await session.flush()
    await enqueue(session, JudgeClick(raw.id), due_at=now() + JUDGED_AFTER)
    return url


def agent_class(method: str, headers: Mapping[str, str]) -> str:
    """What asked: browser, prefetch, scanner or tool."""
    agent = headers.get("user-agent", "")
    purposes = " ".join(
        headers.get(name, "") for name in ("purpose", "sec-purpose", "x-purpose", "x-moz")
    ).lower()
    if method != "GET" or "prefetch" in purposes or "preview" in purposes:
        return "prefetch"
    if _SCANNERS.search(agent):
        return "scanner"
    return "tool" if not agent or _TOOLS.search(agent) else "browser"


async def judge(session: AsyncSession, click_id: UUID) -> None:
    """Decide whether a person made this click; only then does it stand on the timeline and in the figures."""
    raw = await session.get(Click, click_id, with_for_update=True)
    if raw is None or raw.human is not None:
        return
    recipient = await session.get_one(BroadcastRecipient, raw.recipient_id)
    raw.reason = await _not_human(session, raw, recipient.sent_at)
    raw.human = not raw.reason
    if raw.human:
        link = await session.get_one(Link, raw.link_id)
        broadcast = await session.get_one(Broadcast, link.broadcast_id)
        await session.execute(
            update(BroadcastRecipient)
            .where(BroadcastRecipient.id == recipient.id)
            .values(human_click_at=func.greatest(BroadcastRecipient.human_click_at, raw.at))
            .execution_options(synchronize_session=False)
        )
        await timeline.append(
            session,
            raw.customer_id,
            CampaignClicked(broadcast.name, broadcast.channel, link.url),
            source_key=f"click:{recipient.id}:{link.position}",
            subject_id=broadcast.id,
            occurred_at=raw.at,
        )
        nudge(session, "campaigns", str(broadcast.id))


async def _not_human(session: AsyncSession, raw: Click, sent_at: datetime | None) -> str:
    if raw.agent != "browser":
        return raw.agent
    if sent_at is None or raw.at - sent_at < TOO_SOON:
        return "too soon after sending"
    links = await session.scalar(
        select(func.count(Click.link_id.distinct())).where(
            Click.recipient_id == raw.recipient_id, Click.at.between(raw.at - BURST, raw.at + BURST)
        )
    )
    return "many links at once" if (links or 0) >= BURST_LINKS else ""


async def recipient_of(
    session: AsyncSession, settings: Settings, purpose: tokens.Purpose, token: str
) -> tuple[BroadcastRecipient, Broadcast]:
    """Whom a signed link was sent to, and with which broadcast. Raises NotFound."""
    named = tokens.read(settings, purpose, token)
    recipient = await session.get(BroadcastRecipient, named.recipient_id)
    if recipient is None:
        raise NotFound("This link is no longer known.")
    return recipient, await session.get_one(Broadcast, recipient.broadcast_id)


async def unsubscribe(session: AsyncSession, settings: Settings, token: str, *, source: str) -> Broadcast:
    """Withdraw the consent that a broadcast was sent on, at once and only once. Raises NotFound."""
    recipient, broadcast = await recipient_of(session, settings, "unsubscribe", token)
    await session.refresh(recipient, with_for_update={"key_share": True})
    if recipient.unsubscribed_at is not None and not await allows(
        session, recipient.customer_id, broadcast.channel, broadcast.topic
    ):
        return broadcast
    recipient.unsubscribed_at = now()
    await consent.withdraw(
        session,
        await survivor(session, recipient.customer_id),
        broadcast.channel,
        topic=broadcast.topic,
        source=source,
        address=recipient.address,
    )
    await timeline.append(
        session,
        recipient.customer_id,
        CampaignUnsubscribed(broadcast.name, broadcast.channel, broadcast.topic),
        source_key=f"unsubscribe:{recipient.id}",
        subject_id=broadcast.id,
    )
    nudge(session, "campaigns", str(broadcast.id))
    return broadcast


async def allows(session: AsyncSession, customer_id: UUID, channel: str, topic: str) -> bool:
    """Whether the word that counts of this person on a topic and channel is yes."""
    return (channel, topic) in await consent.standing(session, customer_id)


async def choose(
    session: AsyncSession,
    customer_id: UUID,
    wanted: set[tuple[str, str]],
    *,
    source: str,
    wording: str,
    reached: tuple[str, str] | None = None,
) -> None:
    """Make the customer's choices the (channel, topic) pairs they marked; only changes are recorded.

    `reached` is the (channel, address) that a link came from, which proves that address; without, they are
    signed in.
    """
    root = await survivor(session, customer_id)
    before = await consent.standing(session, root)
    for channel in topics.CHANNELS:
        address = reached[1] if reached is not None and reached[0] == channel else ""
        for topic in topics.TOPICS:
            pair = (channel, topic.key)
            if pair in wanted and pair not in before:
                await consent.grant(
                    session, root, channel, topic=topic.key, source=source, wording=wording, address=address
                )
            elif pair in before and pair not in wanted:
                await consent.withdraw(
                    session, root, channel, topic=topic.key, source=source, address=address
                )
