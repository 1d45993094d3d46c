"""The marketer's whole road, page by page, as a browser without JavaScript walks it."""

import re
from html import unescape

import pytest
from httpx import Response
from litestar import Litestar
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import broadcasts, sending, tokens
from campaigns.models import Broadcast, BroadcastRecipient, Click, Segment
from channels.models import Message
from core.database import Database
from core.settings import Settings
from customers.models import ConsentRecord
from tests.campaigns.staging import audience, deliver, draft, launch
from tests.portal.conftest import Browser, links

BUYERS = {
    "name": "Friends",
    "match": "all",
    "0-type": "has_consent",
    "0-channel": "email",
    "0-topic": "news",
    "1-type": "trait",
    "1-trait": "orders",
    "1-compare": "at_most",
    "1-value": "3",
}


def database_of(app: Litestar) -> Database:
    database: Database = app.state.database
    return database


def hidden(page: Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return unescape(found[1])


async def test_a_marketer_builds_writes_tests_and_launches(
    app: Litestar, marketer_client: Browser, settings: Settings
) -> None:
    browser = marketer_client
    async with database_of(app).transaction() as session:
        await audience(session, 3)
        await audience_without_consent(session)

    # Who
    page = await browser.submit("/desk/segments/new", {**BUYERS, "act": "count"})
    assert (page.status_code, "3 people" in page.text) == (200, True)
    assert "Ana 0" in page.text
    saved = await browser.submit("/desk/segments/new", {**BUYERS, "act": "save"})
    assert saved.status_code == 303
    segment = await browser.get(saved.headers["location"])
    assert "Saved." in segment.text
    segment_id = re.search(r"/desk/segments/([0-9a-f-]{36})", saved.headers["location"])
    assert segment_id
    people = await browser.get(f"/desk/segments/{segment_id[1]}/people")
    assert people.text.count("/why/") == 3
    why = await browser.get(re.findall(r'href="(/desk/segments/[^"]+/why/[^"]+)"', people.text)[0])
    assert "Allows “News and seasons” by E-mail" in why.text
    assert "1 person" not in (await browser.get(f"/desk/segments/{segment_id[1]}/size")).text

    made = await browser.submit("/desk/campaigns", {"name": "Spring", "channel": "email"})
    assert made.status_code == 303
    who = await browser.get(made.headers["location"])
    base = made.headers["location"].removesuffix("/who")
    refused = await browser.submit(f"{base}/who", {"version": hidden(who, "version"), "name": "Spring"})
    assert (refused.status_code, "Choose who it goes to." in refused.text) == (422, True)
    chosen = {
        "version": hidden(who, "version"),
        "name": "Spring",
        "segment_id": segment_id[1],
        "topic": "news",
    }
    assert (await browser.submit(f"{base}/who", chosen)).headers["location"] == f"{base}/what"

    # What
    what = await browser.get(f"{base}/what")
    assert "3 people" in what.text
    written = {"version": hidden(what, "version"), "subject": "Hi {{ customer.first_name }}", "act": "next"}
    wrong = await browser.submit(f"{base}/what", {**written, "body": "{{ customer.shoe_size }}"})
    assert (wrong.status_code, "customer.shoe_size" in wrong.text) == (422, True)
    assert "{{ customer.shoe_size }}" in unescape(wrong.text)  # kept
    written["version"] = hidden(wrong, "version")
    body = "# New kettles\n\nDear {{ customer.name }}, [look](https://shop.test/kettles)"
    assert (await browser.submit(f"{base}/what", {**written, "body": body})).headers[
        "location"
    ] == f"{base}/when"
    seen = await browser.get(f"{base}/what")
    assert "Hi Ana" in seen.text
    found = re.findall(r'<iframe class="frame frame-phone" src="([^"]+)"', seen.text)[0]
    frame = await browser.get(unescape(found))
    assert "Dear Ana 0" in frame.text
    assert "sandbox" in frame.headers["content-security-policy"]

    # When, and check
    assert (await browser.submit(f"{base}/when", {"when": "later", "at": "soon"})).status_code == 422
    assert (await browser.submit(f"{base}/when", {"when": "now"})).headers["location"] == f"{base}/check"
    check = await browser.get(f"{base}/check")
    assert "Put together for 3 of 3 people" in check.text
    refused = await browser.submit(f"{base}/test", {"to": "stranger@example.test"})
    assert (refused.status_code, "not the address of a colleague" in refused.text) == (422, True)
    assert (await browser.submit(f"{base}/test", {"to": "mia@halden.test"})).status_code == 303
    async with database_of(app).transaction() as session:
        assert list(await session.scalars(select(Message.subject))) == ["[Test] Hi Ana"]

    stale = await browser.submit(f"{base}/launch", {"version": "1"})
    assert stale.status_code == 409
    launched = await browser.submit(f"{base}/launch", {"version": hidden(check, "version")})
    assert (launched.status_code, launched.headers["location"]) == (303, base)

    # The report follows what the workers do.
    async with database_of(app).transaction() as session:
        broadcast = (await session.scalars(select(Broadcast))).one()
        await sending.prepare(session, broadcast.id)
        await sending.queue_recipients(session, settings, broadcast.id)
    assert (await browser.submit(f"{base}/pause")).status_code == 303
    report = await browser.get(base)
    assert "Paused" in report.text
    assert (await browser.submit(f"{base}/resume")).status_code == 303
    async with database_of(app).transaction() as session:
        await session.execute(select(1))
        test_message = await session.scalar(select(Message).where(Message.source_id.is_(None)))
        assert test_message is not None
        test_message.status = "sent"
        await session.flush()
        await deliver(session, 2)
    figures = await browser.get(f"{base}/figures")
    assert re.search(r"Sent</span><span[^>]*>2<", figures.text)
    recipients = await browser.get(f"{base}/recipients?only=sent")
    assert recipients.text.count("@example.test") == 2
    sheet = await browser.get(f"{base}/recipients.csv")
    assert len(sheet.text.strip().splitlines()) == 4
    listed = await browser.get("/desk/campaigns")
    assert "Spring" in listed.text
    assert (await browser.get(f"{base}/what")).headers["location"] == base


async def audience_without_consent(session: AsyncSession) -> None:
    from customers.models import Customer

    session.add(Customer(name="Quiet"))


async def test_the_builder_adds_and_removes_rows_and_keeps_what_was_typed(marketer_client: Browser) -> None:
    browser = marketer_client
    page = await browser.submit("/desk/segments/new", {**BUYERS, "act": "add"})
    assert page.text.count("<legend") == 3
    page = await browser.submit("/desk/segments/new", {**BUYERS, "act": "remove-0"})
    assert page.text.count("<legend") == 1
    assert 'value="3"' in page.text
    page = await browser.submit("/desk/segments/new", {**BUYERS, "1-value": "", "act": "save"})
    assert (page.status_code, "Fill this in completely." in page.text) == (422, True)
    assert 'value="Friends"' in page.text
    page = await browser.submit("/desk/segments/new", {**BUYERS, "name": "", "act": "save"})
    assert (page.status_code, "needs a name" in page.text) == (422, True)


async def test_a_segment_opens_in_the_builder_as_it_was_built(
    app: Litestar, marketer_client: Browser
) -> None:
    rows = {
        **BUYERS,
        "match": "any",
        "1-trait": "spend",
        "1-negated": "on",
        "2-type": "profile_is",
        "2-field": "attributes",
        "2-attribute": "grinder",
        "2-value": "Q2",
        "3-type": "happened",
        "3-kind": "order.placed",
        "3-at_least": "2",
        "3-within_days": "30",
        "4-type": "has_identity",
        "4-kind": "phone",
        "4-verified": "on",
    }
    saved = await marketer_client.submit("/desk/segments/new", {**rows, "act": "save"})
    again = await marketer_client.get(saved.headers["location"])
    form = {
        **dict(re.findall(r'<input[^>]+name="([^"]+)"[^>]*? value="([^"]*)"', again.text)),
        **{
            name: re.findall(r'value="([^"]*)" selected', inside)[0]
            for name, inside in re.findall(
                r'<select[^>]+name="([^"]+)"[^>]*>(.*?)</select>', again.text, re.DOTALL
            )
        },
    }
    assert "checked" in again.text
    async with database_of(app).transaction() as session:
        before = (await session.scalars(select(Segment))).one()
    kept = {name: value for name, value in form.items() if name in rows} | {"1-negated": "on", "act": "save"}
    assert (await marketer_client.submit(f"/desk/segments/{before.id}", kept)).status_code == 303
    async with database_of(app).transaction() as session:
        after = (await session.scalars(select(Segment))).one()
    assert after.definition == before.definition
    assert after.definition["conditions"][1]["condition"]["value"] == 300


@pytest.mark.parametrize(
    "path", ["/desk/campaigns", "/desk/campaigns/new", "/desk/segments", "/desk/segments/new"]
)
async def test_only_marketers_enter(client: Browser, agent_client: Browser, path: str) -> None:
    assert (await client.get(path)).headers["location"].startswith("/desk/sign-in")
    assert (await agent_client.get(path)).status_code == 403


async def sent(app: Litestar, settings: Settings) -> BroadcastRecipient:
    async with database_of(app).transaction() as session:
        await audience(session, 1)
        broadcast = await launch(session, settings, await draft(session))
        await sending.prepare(session, broadcast.id)
        await sending.queue_recipients(session, settings, broadcast.id)
        await deliver(session, 1)
        return (await session.scalars(select(BroadcastRecipient))).one()


def path(settings: Settings, purpose: tokens.Purpose, row: BroadcastRecipient) -> str:
    return tokens.address(settings, purpose, tokens.Named(row.id)).removeprefix(settings.public_url)


async def test_a_tracked_link_leads_on_and_an_altered_one_nowhere(
    app: Litestar, client: Browser, settings: Settings
) -> None:
    link = path(settings, "link", await sent(app, settings))
    found = await client.get(link)
    assert (found.status_code, found.headers["location"]) == (302, "https://shop.test/kettles")
    assert (await client.head(link)).headers["location"] == "https://shop.test/kettles"
    for bad in (
        link[:-2],
        link + "x",
        "/l/x",
        "/l/https%3A%2F%2Fevil.test",
        f"{link}?url=https://evil.test/"[:-30],
    ):
        assert (await client.get(bad)).status_code == 404
    async with database_of(app).transaction() as session:
        assert list(await session.scalars(select(Click.agent).order_by(Click.id))) == ["tool", "prefetch"]


async def test_looking_at_the_way_out_changes_nothing_and_taking_it_works_at_once(
    app: Litestar, client: Browser, settings: Settings
) -> None:
    row = await sent(app, settings)
    way_out = path(settings, "unsubscribe", row)
    for _ in range(2):
        assert "Unsubscribe from" in (await client.get(way_out)).text
    await client.head(way_out)

    async def withdrawn() -> int:
        async with database_of(app).transaction() as session:
            return await session.scalar(select(func.count()).where(~ConsentRecord.granted)) or 0

    assert await withdrawn() == 0
    # As a mail program does: no cookie, no token of ours, RFC 8058.
    one_click = await client.post(way_out, data={"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200
    assert await withdrawn() == 1
    assert "You are unsubscribed" in (await client.get(way_out)).text
    assert (await client.post(way_out + "x", data={"List-Unsubscribe": "One-Click"})).status_code == 404
    assert (await client.submit(way_out)).status_code == 303
    assert await withdrawn() == 1


async def test_preferences_are_chosen_through_a_signed_link(
    app: Litestar, client: Browser, settings: Settings
) -> None:
    row = await sent(app, settings)
    preferences = path(settings, "preferences", row)
    page = await client.get(preferences)
    assert re.findall(r'value="([a-z:]+)" checked', page.text) == ["email:news", "sms:news"]
    assert (
        await client.post(preferences, data={"want": "email:care"})
    ).status_code == 403  # no token of ours
    saved = await client.submit(preferences, {"want": ["email:care", "email:invented", "sms:news"]})
    page = await client.get(saved.headers["location"])
    assert re.findall(r'value="([a-z:]+)" checked', page.text) == ["sms:news", "email:care"]
    assert (await client.get("/preferences/sample")).status_code == 200
    assert (await client.get("/u/sample")).status_code == 200


async def test_a_scheduled_campaign_can_be_taken_back_on_its_page(
    app: Litestar, marketer_client: Browser, settings: Settings
) -> None:
    async with database_of(app).transaction() as session:
        await audience(session, 1)
        broadcast = await draft(session)
    base = f"/desk/campaigns/{broadcast.id}"
    when = await marketer_client.submit(f"{base}/when", {"when": "later", "at": "2090-01-01T09:00"})
    check = await marketer_client.get(when.headers["location"])
    assert "2090-01-01 09:00" in check.text
    form: dict[str, object] = {"version": hidden(check, "version"), "at": hidden(check, "at")}
    assert (await marketer_client.submit(f"{base}/launch", form)).status_code == 303
    assert "Back to draft" in (await marketer_client.get(base)).text
    assert (await marketer_client.submit(f"{base}/unschedule")).status_code == 303
    async with database_of(app).transaction() as session:
        assert (await broadcasts.get(session, broadcast.id)).state == "draft"


async def test_a_cancelled_campaign_is_had_back_from_the_page_that_says_so(
    app: Litestar, marketer_client: Browser, agent_client: Browser, settings: Settings
) -> None:
    async with database_of(app).transaction() as session:
        await audience(session, 2)
        broadcast = await launch(session, settings, await draft(session))
        await sending.prepare(session, broadcast.id)
    base = f"/desk/campaigns/{broadcast.id}"
    cancelled = await marketer_client.submit(f"{base}/cancel")
    told = await marketer_client.get(cancelled.headers["location"])
    assert "The campaign is cancelled." in told.text
    assert (await agent_client.submit(f"{base}/uncancel?before=sending")).status_code == 403
    (undo,) = [href for href in links(told) if "uncancel" in href]
    back = await marketer_client.submit(undo, headers={"hx-request": "true"})
    assert back.headers["hx-redirect"] == base
    async with database_of(app).transaction() as session:
        assert (await broadcasts.get(session, broadcast.id)).state == "sending"
    # Said of one that is not cancelled it offers nothing, and a second press changes nothing.
    assert "uncancel" not in (await marketer_client.get(f"{base}?cancelled=sending")).text
    assert (await marketer_client.submit(undo)).status_code == 409
