"""Links lead only where they were approved to; only people count; the way out works at once."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from campaigns import attribution, sending, tokens, tracking
from campaigns.figures import figures, links
from campaigns.models import Broadcast, BroadcastRecipient, Click
from core.clock import now
from core.database import Database
from core.errors import NotFound
from core.jobs import JobRow
from core.settings import Settings
from customers import consent, identities
from customers.consent import Recipient, may_contact
from customers.models import ConsentRecord, Customer, TimelineEntry
from customers.timeline import Happening, append
from tests.campaigns.staging import audience, deliver, draft, launch, ledger

BROWSER = {"user-agent": "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Safari/605.1.15"}


class Placed(Happening, tag="order.placed_in_test", frozen=True):
    total: int
    currency: str


@pytest.fixture
async def sent(session: AsyncSession, settings: Settings) -> Broadcast:
    """A broadcast with four links, sent to two people a minute ago."""
    await audience(session, 2)
    body = " ".join(f"[{name}](https://{name}.test/)" for name in "abcd")
    broadcast = await launch(session, settings, await draft(session, body=body))
    await sending.prepare(session, broadcast.id)
    await sending.queue_recipients(session, settings, broadcast.id)
    await deliver(session, 2)
    for row in await ledger(session, broadcast):
        row.sent_at = now() - timedelta(minutes=1)
    await session.flush()
    return broadcast


def token(settings: Settings, purpose: tokens.Purpose, row: BroadcastRecipient, position: int = 0) -> str:
    return tokens.address(settings, purpose, tokens.Named(row.id, position)).rpartition("/")[2]


async def judged(session: AsyncSession) -> list[tuple[bool | None, str]]:
    clicks = list(await session.scalars(select(Click).order_by(Click.id)))
    for each in clicks:
        await tracking.judge(session, each.id)
    return [(each.human, each.reason) for each in clicks]


async def test_a_persons_click_counts_and_leads_where_it_was_approved_to(
    session: AsyncSession, settings: Settings, sent: Broadcast
) -> None:
    ana = (await ledger(session, sent))[0]
    for _ in range(2):
        url = await tracking.click(session, settings, token(settings, "link", ana, 1), headers=BROWSER)
        assert url == "https://b.test/"
    assert (await figures(session, sent.id)).clicked == 0  # not judged yet
    assert await judged(session) == [(True, ""), (True, "")]

    assert (await figures(session, sent.id)).clicked == 1
    assert [(each.people, each.clicks) for each in await links(session, sent.id)] == [
        (0, 0),
        (1, 2),
        (0, 0),
        (0, 0),
    ]
    entries = list(
        await session.scalars(select(TimelineEntry).where(TimelineEntry.kind == "campaign.clicked"))
    )
    assert [(each.customer_id, each.payload["url"]) for each in entries] == [
        (ana.customer_id, "https://b.test/")
    ]


@pytest.mark.parametrize(
    ("method", "headers", "reason"),
    [
        ("HEAD", BROWSER, "prefetch"),
        ("GET", {**BROWSER, "sec-purpose": "prefetch;prerender"}, "prefetch"),
        ("GET", {"user-agent": "Mozilla/5.0 (compatible; bingbot/2.0)"}, "scanner"),
        ("GET", {"user-agent": "Barracuda Sentinel (EE)"}, "scanner"),
        ("GET", {"user-agent": "python-requests/2.32"}, "tool"),
        ("GET", {}, "tool"),
    ],
)
async def test_what_is_no_person_is_kept_raw_and_changes_nothing_else(
    session: AsyncSession,
    settings: Settings,
    sent: Broadcast,
    method: str,
    headers: dict[str, str],
    reason: str,
) -> None:
    ana = (await ledger(session, sent))[0]
    before = await session.scalar(select(func.count()).select_from(TimelineEntry))
    await tracking.click(session, settings, token(settings, "link", ana), method=method, headers=headers)
    assert await judged(session) == [(False, reason)]
    assert (await figures(session, sent.id)).clicked == 0
    assert await session.scalar(select(func.count()).select_from(TimelineEntry)) == before


async def test_a_scanner_in_a_browsers_clothes_gives_itself_away(
    session: AsyncSession, settings: Settings, sent: Broadcast
) -> None:
    ana, bo = await ledger(session, sent)
    for position in range(3):
        await tracking.click(session, settings, token(settings, "link", ana, position), headers=BROWSER)
    bo.sent_at = now()
    await session.flush()
    await tracking.click(session, settings, token(settings, "link", bo), headers=BROWSER)
    assert await judged(session) == [(False, "many links at once")] * 3 + [(False, "too soon after sending")]


async def test_a_link_that_is_asked_for_without_end_leaves_a_few_rows_and_a_person_still_counts(
    database: Database, settings: Settings
) -> None:
    async with database.transaction() as session:
        await audience(session, 1)
        broadcast = await launch(session, settings, await draft(session))
        await sending.prepare(session, broadcast.id)
        await sending.queue_recipients(session, settings, broadcast.id)
        await deliver(session, 1)
        (ana,) = await ledger(session, broadcast)
        ana.sent_at = now() - timedelta(minutes=1)

    async def ask(headers: dict[str, str]) -> str:
        async with database.transaction() as session:
            return await tracking.click(session, settings, token(settings, "link", ana), headers=headers)

    led = await asyncio.gather(*(ask({"user-agent": "curl/8"}) for _ in range(60)), ask(BROWSER))
    assert set(led) == {"https://shop.test/kettles"}
    async with database.transaction() as session:
        rows = dict((await session.execute(select(Click.agent, func.count()).group_by(Click.agent))).all())
        assert rows == {"tool": tracking.KEPT, "browser": 1}
        jobs = select(func.count()).where(JobRow.tag == "campaigns.judge_click")
        assert await session.scalar(jobs) == tracking.KEPT + 1


async def test_altered_links_are_unknown_and_leave_no_row(
    session: AsyncSession, settings: Settings, sent: Broadcast
) -> None:
    ana = (await ledger(session, sent))[0]
    good = token(settings, "link", ana)
    other_key = settings.model_copy(update={"secret_key": SecretStr("z" * 32)})
    last = "BA"[good[-1] == "B"]
    for bad in (
        "",
        "x",
        good[:-1],
        good + "A",
        good[:-1] + last,
        ("B" if good[0] == "A" else "A") + good[1:],
        good + "=",
        good.upper(),
        token(settings, "unsubscribe", ana),
        token(other_key, "link", ana),
        token(settings, "link", ana, 4),  # signed, but there is no such link
        tokens.address(settings, "link", tokens.Named(uuid7())).rpartition("/")[2],
    ):
        with pytest.raises(NotFound):
            await tracking.click(session, settings, bad, headers=BROWSER)
    assert await session.scalar(select(func.count()).select_from(Click)) == 0
    assert await session.scalar(select(func.count()).where(JobRow.tag == "campaigns.judge_click")) == 0


@hypothesis_settings(max_examples=200, deadline=None)
@given(raw=st.text(max_size=80))
def test_no_text_but_ours_is_a_token(raw: str) -> None:
    some = Settings.model_construct(secret_key=SecretStr("k" * 32), public_url="https://h.test")
    with pytest.raises(NotFound):
        tokens.read(some, "link", raw)


async def test_one_click_unsubscribe_works_at_once_and_is_recorded_once(
    session: AsyncSession, settings: Settings, sent: Broadcast
) -> None:
    ana = (await ledger(session, sent))[0]
    asked = Recipient(ana.customer_id, "email", ana.address)
    assert (await may_contact(session, asked, "marketing")).allowed
    for _ in range(3):
        await tracking.unsubscribe(session, settings, token(settings, "unsubscribe", ana), source="one-click")
    assert not (await may_contact(session, asked, "marketing")).allowed
    withdrawn = select(func.count()).where(
        ConsentRecord.customer_id == ana.customer_id, ~ConsentRecord.granted
    )
    withdrawn = withdrawn.where(ConsentRecord.channel == "email")
    assert await session.scalar(withdrawn) == 1
    assert (await figures(session, sent.id)).unsubscribed == 1
    with pytest.raises(NotFound):
        await tracking.unsubscribe(session, settings, token(settings, "preferences", ana), source="one-click")

    # Who comes back and leaves again is heard again.
    await consent.grant(session, ana.customer_id, "email", source="preferences")
    await tracking.unsubscribe(session, settings, token(settings, "unsubscribe", ana), source="one-click")
    assert await session.scalar(withdrawn) == 2


async def test_who_unsubscribed_is_not_brought_back_by_another_record_with_their_address(
    session: AsyncSession, settings: Settings, sent: Broadcast
) -> None:
    ana = (await ledger(session, sent))[0]
    await tracking.unsubscribe(session, settings, token(settings, "unsubscribe", ana), source="one-click")
    double = Customer()
    session.add(double)
    await session.flush()
    await identities.claim(session, double.id, identities.email(ana.address))
    await consent.grant(session, double.id, "email", source="import", actor="staff", address=ana.address)
    asked = Recipient(double.id, "email", ana.address)
    assert (await may_contact(session, asked, "marketing")).reason == "suppressed: unsubscribed from news"
    assert (await may_contact(session, asked, "transactional")).allowed

    # The link in a message to them proves the address: their own choice brings them back.
    await tracking.choose(
        session, ana.customer_id, {("email", "news")}, source="preferences link", wording="Write to me.",
        reached=("email", ana.address),
    )  # fmt: skip
    assert (await may_contact(session, asked, "marketing")).allowed


async def test_choices_are_recorded_only_where_they_change(session: AsyncSession, settings: Settings) -> None:
    (ana,) = await audience(session, 1)
    before = await session.scalar(select(func.count()).select_from(ConsentRecord))
    wanted = {("email", "news"), ("email", "care")}
    for _ in range(2):
        await tracking.choose(
            session, ana, wanted, source="preferences", wording="I would like to hear about this"
        )
    assert await consent.standing(session, ana) == wanted
    assert await session.scalar(select(func.count()).select_from(ConsentRecord)) == (before or 0) + 2


async def test_an_order_within_five_days_of_a_persons_click_is_credited_once(
    session: AsyncSession, settings: Settings, sent: Broadcast
) -> None:
    ana, bo = await ledger(session, sent)
    await tracking.click(session, settings, token(settings, "link", ana), headers=BROWSER)
    await tracking.click(session, settings, token(settings, "link", bo), headers={"user-agent": "curl/8"})
    await judged(session)
    for row, order, days in ((ana, uuid7(), 4), (ana, uuid7(), 6), (bo, uuid7(), 1)):
        await append(
            session,
            row.customer_id,
            Placed(4990, "EUR"),
            source_key=f"order:{order}",
            subject_id=order,
            occurred_at=now() + timedelta(days=days),
        )
    entries = await session.scalars(select(TimelineEntry).where(TimelineEntry.kind == "order.placed_in_test"))
    for entry in list(entries) * 2:
        await attribution.attribute(session, entry.customer_id, entry.id)
    found = await figures(session, sent.id)
    assert found.bought == 1
    assert [(each.currency, each.amount) for each in found.revenue] == [("EUR", 4990)]
