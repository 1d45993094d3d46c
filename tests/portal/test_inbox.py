"""The desk's inbox, spoken to as an agent's browser would."""

import re
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from litestar import Litestar
from sqlalchemy import func, select, update

from channels.models import Conversation, Message
from core.database import Database
from core.staff import Role
from customers import consent, identities, merging
from customers.models import Customer, SuppressionScope
from support import drafts, presence, tickets
from support.models import Draft, Note, Ticket
from support.triage import reconsider, triage
from tests.portal.conftest import Browser, browser, employed
from tests.support import talk


@dataclass
class Case:
    database: Database
    conversation: Conversation
    ticket: Ticket

    @property
    def url(self) -> str:
        return f"/desk/inbox/{self.conversation.id}"


@pytest.fixture
async def case(app: Litestar) -> Case:
    """Ana has written one e-mail."""
    database: Database = app.state.database
    async with database.transaction() as session:
        conversation = await talk.begin(session, await talk.customer(session))
        await talk.say(session, conversation, "The steam wand is blocked")
        ticket = await triage(session, conversation.id)
        assert ticket is not None
        await session.refresh(conversation)
    return Case(database, conversation, ticket)


async def test_the_inbox_lists_and_shows_a_conversation_with_its_customer(agent_client: Browser, case: Case):
    listed = await agent_client.get("/desk/inbox")
    assert listed.status_code == 200
    assert "Ana Lopes" in listed.text
    assert "The steam wand is blocked" in listed.text
    shown = await agent_client.get(case.url)
    assert shown.status_code == 200
    for words in ("The steam wand is blocked", "To ana@example.com", "not verified", "Solve", "The line"):
        assert words in shown.text, words
    for view in ("mine", "unassigned", "open", "waiting", "snoozed", "solved"):
        assert (await agent_client.get(f"/desk/inbox?view={view}")).status_code == 200


async def test_only_agents_enter(client: Browser, marketer_client: Browser, case: Case):
    for path in (
        "/desk/inbox",
        case.url,
        f"{case.url}/since/0",
        f"/desk/inbox/live?conversation={case.conversation.id}",
    ):
        assert (await client.get(path)).status_code == 303, path
        assert (await marketer_client.get(path)).status_code == 403, path
    answer = await marketer_client.submit(f"{case.url}/answer", {"road": "note", "body": "Hello"})
    assert answer.status_code == 403
    async with case.database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Note)) == 0


async def test_what_is_not_there_is_not_found(agent_client: Browser, case: Case):
    async with case.database.transaction() as session:
        other = await talk.begin(session, await talk.customer(session, "ben@example.com", "Ben"))
        foreign = await talk.say(session, other, "Something else")
    for path in (
        f"/desk/inbox/{uuid4()}",
        f"{case.url}/messages/{foreign.id}/html",
        f"{case.url}/attachments/{uuid4()}",
        f"/desk/customers/{uuid4()}",
    ):
        assert (await agent_client.get(path)).status_code == 404, path


async def test_a_note_stands_in_the_thread_and_nothing_is_sent(agent_client: Browser, case: Case):
    answer = await agent_client.submit(
        f"{case.url}/answer", {"road": "note", "body": "Careful <b>angry</b>", "last_seen_seq": 1}
    )
    assert answer.status_code == 303
    page = await agent_client.get(answer.headers["location"])
    assert "Careful &lt;b&gt;angry&lt;/b&gt;" in page.text
    async with case.database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Message)) == 1


async def test_an_answer_is_held_for_ten_seconds_and_taken_back_as_a_draft(agent_client: Browser, case: Case):
    answer = await agent_client.submit(
        f"{case.url}/answer", {"road": "email", "body": "Unscrew the tip", "last_seen_seq": 1}
    )
    assert answer.status_code == 303
    page = await agent_client.get(answer.headers["location"])
    async with case.database.transaction() as session:
        message = await session.scalar(select(Message).where(Message.direction == "outbound"))
        ticket = await session.get_one(Ticket, case.ticket.id)
        assert message is not None
        assert (message.status, message.recipients["to"]) == ("held", ["ana@example.com"])
        assert ticket.waiting_since is None
    undo = f"{case.url}/undo/{message.id}"
    assert undo in page.text
    taken = await agent_client.submit(undo)
    assert taken.status_code == 303
    page = await agent_client.get(taken.headers["location"])
    assert ">\nUnscrew the tip</textarea>" in page.text
    assert re.search(r'<textarea class="composer-body"[^>]* autofocus', page.text)
    assert page.text.count("Taken back, not sent") == 1
    assert "Held" not in page.text
    assert "Us: " not in page.text
    async with case.database.transaction() as session:
        ticket = await session.get_one(Ticket, case.ticket.id)
        assert ticket.waiting_since is not None
    assert (await agent_client.submit(undo)).status_code == 409


async def test_who_gets_a_copy_is_shown_before_sending_and_can_be_left_out(agent_client: Browser, case: Case):
    others = ["bea@example.com", "cem@example.com", "support@halden.test"]
    async with case.database.transaction() as session:
        await session.execute(
            update(Message).values(recipients={"to": ["support@halden.test"], "cc": others})
        )

    def ticked(page: str) -> dict[str, bool]:
        boxes = re.findall(r'type="checkbox" name="copies" value="([^"]*)"( checked)?', page)
        return {address: bool(checked) for address, checked in boxes}

    shown = (await agent_client.get(case.url)).text
    assert "To ana@example.com" in shown
    assert ticked(shown) == {"bea@example.com": True, "cem@example.com": True}
    form = {
        "road": "email",
        "body": "Unscrew the tip",
        "offered": ["bea@example.com", "cem@example.com"],
        "copies": ["cem@example.com", "eve@evil.test"],
    }
    refused = await agent_client.submit(f"{case.url}/answer", {**form, "last_seen_seq": 0})
    assert refused.status_code == 409
    assert ticked(refused.text) == {"bea@example.com": False, "cem@example.com": True}
    assert (await agent_client.submit(f"{case.url}/answer", {**form, "last_seen_seq": 1})).status_code == 303
    async with case.database.transaction() as session:
        sent = await session.scalar(select(Message.recipients).where(Message.direction == "outbound"))
    # Nobody gets a copy whom the message answered did not name.
    assert sent == {"to": ["ana@example.com"], "cc": ["cem@example.com"]}


async def test_a_stale_answer_is_refused_with_the_new_message_and_keeps_the_draft(
    agent_client: Browser, case: Case
):
    async with case.database.transaction() as session:
        conversation = await session.get_one(Conversation, case.conversation.id)
        await talk.say(session, conversation, "Never mind, it works again")
    answer = await agent_client.submit(
        f"{case.url}/answer", {"road": "email", "body": "Unscrew the tip", "last_seen_seq": 1}
    )
    assert answer.status_code == 409
    assert "Never mind, it works again" in answer.text
    assert ">\nUnscrew the tip</textarea>" in answer.text
    assert "arrived while you wrote" in answer.text
    assert 'name="last_seen_seq" value="2"' in answer.text
    async with case.database.transaction() as session:
        assert await session.scalar(select(func.count()).where(Message.direction == "outbound")) == 0
        assert (await session.scalars(select(Draft.body))).all() == ["Unscrew the tip"]
    again = await agent_client.submit(
        f"{case.url}/answer", {"road": "email", "body": "Good!", "last_seen_seq": 2}
    )
    assert again.status_code == 303
    async with case.database.transaction() as session:
        assert (await session.scalars(select(Draft.body))).all() == []


async def test_an_empty_answer_says_so(agent_client: Browser, case: Case):
    answer = await agent_client.submit(f"{case.url}/answer", {"road": "email", "last_seen_seq": 1})
    assert answer.status_code == 422
    assert "nothing to send yet" in answer.text
    wrong = await agent_client.submit(f"{case.url}/answer", {"road": "pigeon", "body": "x"})
    assert wrong.status_code == 422


async def test_drafts_are_each_colleague_s_own(app: Litestar, agent_client: Browser, case: Case):
    saved = await agent_client.submit(f"{case.url}/draft", {"mode": "email", "body": "Dear Ana"})
    assert saved.status_code == 204
    assert ">\nDear Ana</textarea>" in (await agent_client.get(case.url)).text
    token = await employed(app, Role.AGENT, email="ole@halden.test", name="Ole")
    async with browser(app, token) as other:
        shown = (await other.get(case.url)).text
        assert "Dear Ana" not in shown


async def test_a_colleague_at_the_thread_is_shown_to_others_only(
    app: Litestar, agent_client: Browser, case: Case
):
    other = uuid4()
    await presence.arrive(app.state.live.redis, case.conversation.id, other, "Ole <b>", "a page")
    assert "Ole &lt;b&gt; is here" in (await agent_client.get(case.url)).text
    await presence.write(app.state.live.redis, case.conversation.id, other)
    shown = await agent_client.get(f"{case.url}/present")
    assert "Ole &lt;b&gt; is writing" in shown.text
    await presence.leave(app.state.live.redis, case.conversation.id, other, "a page")
    assert "Ole" not in (await agent_client.get(f"{case.url}/present")).text


async def test_what_was_written_goes_along_to_another_road_but_never_from_a_note(
    agent_client: Browser, case: Case
):
    async with case.database.transaction() as session:
        await identities.claim(session, case.conversation.customer_id, identities.phone("+4915112345678"))
    url = f"{case.url}/composer"
    moved = await agent_client.submit(url, {"mode": "email", "road": "sms", "body": "Dear Ana"})
    assert ">\nDear Ana</textarea>" in moved.text
    assert "To +4915112345678" in moved.text
    noted = await agent_client.submit(url, {"mode": "sms", "road": "note", "body": "Dear Ana"})
    assert "Dear Ana" not in noted.text
    assert "A draft is kept here" in noted.text
    back = await agent_client.submit(url, {"mode": "note", "road": "email", "body": "She is angry"})
    assert "angry" not in back.text
    async with case.database.transaction() as session:
        kept = dict((await session.execute(select(Draft.mode, Draft.body))).tuples().all())
    assert kept == {"sms": "Dear Ana", "note": "She is angry"}


async def test_solving_leads_to_the_next_conversation_and_can_be_taken_back(
    agent_client: Browser, case: Case
):
    async with case.database.transaction() as session:
        other = await talk.begin(session, await talk.customer(session, "ben@example.com", "Ben"))
        await talk.say(session, other, "Something else")
        await triage(session, other.id)
    solved = await agent_client.submit(f"{case.url}/ticket", {"act": "solve", "seen_seq": 1})
    place = solved.headers["location"]
    assert place == f"/desk/inbox/{other.id}?view=open&parted={case.conversation.id}"
    shown = await agent_client.get(place)
    assert "Solved: No steam" in shown.text
    undo = f"{case.url}/ticket/undo"
    assert undo in shown.text
    assert (await agent_client.submit(undo)).headers["location"] == f"{case.url}?view=open"
    thread = (await agent_client.get(case.url)).text
    assert "Ada Lund solved the ticket" in thread
    assert "Ada Lund opened the ticket again" in thread


async def test_solving_says_that_what_was_written_is_not_sent_and_leads_back_to_it(
    agent_client: Browser, case: Case
):
    said = {"act": "solve", "seen_seq": 1, "mode": "email", "body": "Unscrew the"}
    solved = await agent_client.submit(f"{case.url}/ticket", said)
    shown = (await agent_client.get(solved.headers["location"])).text
    assert "Solved: No steam. What you had written was not sent." in shown
    undone = await agent_client.submit(f"{case.url}/ticket/undo")
    assert undone.headers["location"] == f"{case.url}?view=open&write=1"
    assert ">\nUnscrew the</textarea>" in (await agent_client.get(undone.headers["location"])).text
    async with case.database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Message)) == 1


async def test_an_answer_that_failed_is_told_in_our_words_with_the_code_in_the_details(
    agent_client: Browser, case: Case
):
    raw = "Twilio: 400 21610 Attempt to send to unsubscribed recipient"
    async with case.database.transaction() as session:
        conversation = await session.get_one(Conversation, case.conversation.id)
        sent = await talk.say(session, conversation, "Unscrew the tip", by="staff")
        sent.channel, sent.status, sent.reason = "sms", "failed", raw
        await session.flush()
        await reconsider(session, case.conversation.id, sent.id)
    page = (await agent_client.get(case.url)).text
    assert "They have opted out of texts (STOP)." in page
    assert re.search(rf"<details[^>]*><summary>Details</summary><p[^>]*>{raw}</p>", page)
    assert "Did not arrive: Unscrew the tip" in page
    assert "Did not arrive: Unscrew the tip" in (await agent_client.get("/desk/inbox?view=waiting")).text


async def test_a_closed_road_is_shown_with_the_reason_and_nothing_goes_by_it(
    agent_client: Browser, case: Case
):
    async with case.database.transaction() as session:
        await consent.suppress(
            session, "email", "ana@example.com", reason="bounced 5.1.1", scope=SuppressionScope.ALL
        )
    page = (await agent_client.get(case.url)).text
    assert "Mail to this address came back." in page
    assert re.search(r'value="email" disabled', page)
    assert re.search(r'value="note" checked', page)
    answer = await agent_client.submit(
        f"{case.url}/answer", {"road": "email", "body": "Unscrew the tip", "last_seen_seq": 1}
    )
    assert answer.status_code == 422
    assert "Not sent, your text is kept. Mail to this address came back." in answer.text
    assert ">\nUnscrew the tip</textarea>" in answer.text
    async with case.database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Message)) == 1


async def test_a_visitor_without_a_name_is_called_the_same_everywhere(agent_client: Browser, case: Case):
    async with case.database.transaction() as session:
        customer = Customer(name="")
        session.add(customer)
        await session.flush()
        chat = await talk.begin(session, customer.id, channel="chat", subject="")
        said = await talk.say(session, chat, "Hello")
        said.sender = ""
        await triage(session, chat.id)
    page = (await agent_client.get(f"/desk/inbox/{chat.id}")).text
    assert page.count("Unknown sender") >= 3
    assert "Somebody" not in page


async def test_macros_are_managed_and_read_as_they_would_in_the_conversation(
    agent_client: Browser, marketer_client: Browser, case: Case
):
    typed = {"name": "Thanks", "body": "Thank you, {{ customer.first_name | friend }}. {{ agent.name }} <b>"}
    assert (await marketer_client.submit("/desk/macros", typed)).status_code == 403
    saved = await agent_client.submit("/desk/macros", typed)
    assert saved.status_code == 303
    macro = saved.headers["location"]
    assert "{{ customer.first_name | friend }}" in (await agent_client.get(macro)).text
    offered = (await agent_client.get(f"{case.url}/macros")).text
    assert 'data-text="Thank you, Ana. Ada Lund &lt;b&gt;"' in offered
    refused = await agent_client.submit(macro, {**typed, "body": "{{ settings.secret_key }}"})
    assert refused.status_code == 422
    assert "We do not know “settings.secret_key”." in refused.text
    removed = await agent_client.submit(f"{macro}/remove")
    assert "Thank you, Ana" not in (await agent_client.get(f"{case.url}/macros")).text
    assert f"{macro}/restore" in (await agent_client.get(removed.headers["location"])).text
    assert (await agent_client.submit(f"{macro}/restore")).status_code == 303
    assert "Thank you, Ana" in (await agent_client.get(f"{case.url}/macros")).text
    assert (await agent_client.get(f"/desk/macros/{uuid4()}")).status_code == 404


async def test_changing_the_road_keeps_what_was_written_on_the_old_one(agent_client: Browser, case: Case):
    changed = await agent_client.submit(
        f"{case.url}/composer", {"mode": "email", "road": "note", "body": "Dear Ana", "last_seen_seq": 1}
    )
    assert changed.status_code == 200
    assert "Only colleagues see a note." in changed.text
    assert "Dear Ana" not in changed.text
    back = await agent_client.submit(f"{case.url}/composer", {"mode": "note", "road": "email"})
    assert ">\nDear Ana</textarea>" in back.text
    assert "To ana@example.com" in back.text


async def test_since_answers_what_came_after_a_number_and_nothing_twice(agent_client: Browser, case: Case):
    await agent_client.submit(f"{case.url}/answer", {"road": "note", "body": "Second", "last_seen_seq": 1})
    first = await agent_client.get(f"{case.url}/since/0")
    assert "The steam wand is blocked" in first.text
    assert "Second" in first.text
    later = await agent_client.get(f"{case.url}/since", params={"seq": 1})
    assert "The steam wand is blocked" not in later.text
    assert "Second" in later.text
    assert 'id="seen-seq" name="seq" value="2"' in later.text
    assert "Second" not in (await agent_client.get(f"{case.url}/since/2")).text


async def test_a_ticket_is_taken_snoozed_woken_solved_and_reopened(agent_client: Browser, case: Case):
    async def after(**form: object) -> tuple[str, UUID | None, bool]:
        answer = await agent_client.submit(f"{case.url}/ticket", form)
        assert answer.status_code == 303, answer.text
        async with case.database.transaction() as session:
            ticket = await session.get_one(Ticket, case.ticket.id)
        return ticket.status, ticket.assignee_id, ticket.snoozed_until is not None

    assert (await after(act="take"))[1] is not None
    assert (await after(act="snooze", until="tomorrow"))[2] is True
    assert (await after(act="wake"))[2] is False
    assert (await after(act="pending"))[0] == "pending"
    assert (await after(act="priority", priority="urgent"))[0] == "pending"
    assert (await after(act="solve", seen_seq=1))[0] == "solved"
    assert (await after(act="reopen"))[0] == "open"
    assert (await after(act="assign"))[1] is None
    refused: list[dict[str, object]] = [
        {"act": "explode"},
        {"act": "snooze", "until": "never"},
        {"act": "assign", "assignee": "x"},
    ]
    for wrong in refused:
        assert (await agent_client.submit(f"{case.url}/ticket", wrong)).status_code == 422


async def test_solving_over_an_unread_message_shows_it(agent_client: Browser, case: Case):
    async with case.database.transaction() as session:
        conversation = await session.get_one(Conversation, case.conversation.id)
        await talk.say(session, conversation, "One more thing")
    answer = await agent_client.submit(f"{case.url}/ticket", {"act": "solve", "seen_seq": 1})
    assert answer.status_code == 409
    assert "One more thing" in answer.text
    async with case.database.transaction() as session:
        assert (await session.get_one(Ticket, case.ticket.id)).status == "new"


async def test_looking_at_next_takes_nothing_and_asking_for_it_does(agent_client: Browser, case: Case):
    assert (await agent_client.get("/desk/inbox/next")).status_code == 200
    async with case.database.transaction() as session:
        assert (await session.get_one(Ticket, case.ticket.id)).assignee_id is None
    taken = await agent_client.submit("/desk/inbox/next")
    assert (taken.status_code, taken.headers["location"]) == (303, f"{case.url}?view=mine")


async def test_mail_html_is_framed_without_any_power(agent_client: Browser, case: Case):
    async with case.database.transaction() as session:
        message = await session.scalar(select(Message))
        assert message is not None
        message.html = (
            '<p onclick="x()">Hi<script>alert(1)</script><img src="https://t.example/p.gif">'
            '<a href="javascript:x">l</a><form action="/desk"><input></form></p>'
        )
    shown = await agent_client.get(case.url)
    frame = f"{case.url}/messages/{message.id}/html"
    assert frame in shown.text
    answer = await agent_client.get(frame)
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for evil in ("<script", "alert(1)", "onclick", "javascript:", "<form", "<input"):
        assert evil not in answer.text


async def test_someone_who_claims_another_s_address_is_announced_merged_and_separated(
    agent_client: Browser, case: Case
):
    async with case.database.transaction() as session:
        owner = Customer(name="Ana the Owner", source="store")
        session.add(owner)
        await session.flush()
        contact = identities.email("ana@example.com")
        await identities.claim(session, owner.id, contact)
    async with case.database.transaction() as session:
        # Proven by the owner, while this record only claims it (and has proven something else).
        phone = identities.phone("+49 151 2345678")
        await identities.verify(session, phone, by="staff", customer_id=case.conversation.customer_id)
        await identities.verify(session, contact, by="link", customer_id=owner.id)
    assert "Claims to be Ana the Owner" in (await agent_client.get(case.url)).text
    merged = await agent_client.submit(
        f"/desk/customers/{owner.id}/merge", {"other": case.conversation.customer_id, "next": case.url}
    )
    assert merged.status_code == 303
    page = await agent_client.get(merged.headers["location"])
    assert "one customer now" in page.text
    assert "Claims to be" not in page.text
    async with case.database.transaction() as session:
        assert await merging.survivor(session, case.conversation.customer_id) == owner.id
    moved = await agent_client.get(f"/desk/customers/{case.conversation.customer_id}")
    assert (moved.status_code, moved.headers["location"]) == (303, f"/desk/customers/{owner.id}")
    undone = await agent_client.submit(
        f"/desk/customers/{case.conversation.customer_id}/unmerge", {"next": case.url}
    )
    assert (undone.status_code, undone.headers["location"]) == (303, case.url)
    async with case.database.transaction() as session:
        assert await merging.survivor(session, case.conversation.customer_id) != owner.id


async def test_customers_are_listed_found_and_shown_with_their_line(agent_client: Browser, case: Case):
    assert "Ana Lopes" in (await agent_client.get("/desk/customers")).text
    assert "Ana Lopes" in (await agent_client.get("/desk/customers", params={"q": "ana lopez"})).text
    assert "Nobody found" in (await agent_client.get("/desk/customers", params={"q": "zzzzzz"})).text
    url = f"/desk/customers/{case.conversation.customer_id}"
    page = await agent_client.get(url)
    assert f"Ticket {case.ticket.number} opened: No steam" in page.text
    assert "opened: No steam" not in (await agent_client.get(url, params={"family": "orders"})).text
    assert (await agent_client.get(f"{url}/line", params={"before": "nonsense"})).status_code == 200
    written = await agent_client.submit(
        f"{url}/write", {"channel": "email", "subject": "Your machine", "body": "It is ready."}
    )
    assert written.status_code == 303
    assert "It is ready." in (await agent_client.get(written.headers["location"])).text
    refused = await agent_client.submit(f"{url}/write", {"channel": "sms", "body": "Hello"})
    assert refused.status_code == 422


async def test_the_palette_finds_people_tickets_and_commands(agent_client: Browser, case: Case):
    found = await agent_client.get("/desk/palette", params={"q": "ana"}, headers={"hx-request": "true"})
    assert f"/desk/customers/{case.conversation.customer_id}" in found.text
    number = await agent_client.get("/desk/palette", params={"q": str(case.ticket.number)})
    assert case.url in number.text
    assert "Take the next ticket" in (await agent_client.get("/desk/palette")).text
    fragment = {"hx-request": "true"}
    nothing = await agent_client.get("/desk/palette", params={"q": "operations"}, headers=fragment)
    assert "/desk/operations" not in nothing.text


async def test_a_kept_draft_survives_whatever_is_posted(agent_client: Browser, case: Case):
    async with case.database.transaction() as session:
        ada = await session.scalar(select(Draft.staff_id))
        assert ada is None
    long = "x" * 5000
    await agent_client.submit(f"{case.url}/draft", {"mode": "note", "body": long})
    async with case.database.transaction() as session:
        staff_id = await session.scalar(select(Draft.staff_id))
        assert staff_id is not None
        assert await drafts.of(session, staff_id, case.conversation.id) == {"note": long}


async def test_live_parts_each_bring_themselves_and_nothing_else(agent_client: Browser, case: Case):
    url = f"/desk/inbox/{case.conversation.id}"
    rows = (await agent_client.get("/desk/inbox/list?view=open")).text
    assert f'id="row-{case.conversation.id}"' in rows
    assert "side-nav" not in rows
    assert "hx-swap-oob" not in rows
    counted = (await agent_client.get("/desk/inbox/views?view=open")).text
    assert counted.count("side-nav") == 1
    assert 'href="/desk/inbox?view=open" aria-current="page"' in counted

    async with case.database.transaction() as session:
        ticket = await tickets.of_conversation(session, case.conversation.id)
        assert ticket is not None
        await tickets.solve(session, ticket.id)
    head = (await agent_client.get(f"{url}/head?seq=1")).text
    assert "Reopen" in head
    assert "Solve</span>" not in head
    beside = (await agent_client.get(f"{url}/context")).text
    assert "The line" in beside
    assert "solved" in beside
    for part in ("head", "context"):
        assert (await agent_client.get(f"/desk/inbox/{uuid4()}/{part}")).status_code == 404


async def test_a_draft_that_overtakes_its_own_sending_is_not_kept(agent_client: Browser, case: Case):
    url = f"/desk/inbox/{case.conversation.id}"
    sent = {"road": "email", "body": "Turn it off\r\nand on", "last_seen_seq": 1}
    assert (await agent_client.submit(f"{url}/answer", sent)).status_code == 303
    late = {"mode": "email", "body": "Turn it off\nand on", "last_seen_seq": 1}
    assert (await agent_client.submit(f"{url}/draft", late)).status_code == 204
    assert "Turn it off\nand on</textarea>" not in (await agent_client.get(url)).text
    async with case.database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Draft)) == 0
    await agent_client.submit(f"{url}/draft", {**late, "body": "Something new"})
    async with case.database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Draft)) == 1
