"""Help, tickets and chat, spoken to as customers' browsers would."""

import re
from uuid import UUID, uuid4

from litestar import Litestar
from sqlalchemy import func, select

from channels import answers
from channels.models import Conversation, Message
from core.database import Database
from core.staff import Staff
from customers import identities, merging
from customers.models import Identity
from portal import visits
from portal.models import VisitRow
from support import demo, notes, tickets
from support.models import ArticleVote, Ticket
from support.triage import triage
from tests.portal.conftest import Browser, browser, signed_in
from tests.support import talk


async def known(app: Litestar, address: str, name: str) -> tuple[UUID, str]:
    """A customer with a proven address, signed in; id and cookie."""
    database: Database = app.state.database
    async with database.transaction() as session:
        customer_id = await talk.customer(session, address, name)
        await identities.verify(session, identities.email(address), by="link", customer_id=customer_id)
    return customer_id, await signed_in(app, customer_id=customer_id)


async def test_the_help_centre_answers_and_hears_whether_it_helped(app: Litestar, client: Browser):
    database: Database = app.state.database
    async with database.transaction() as session:
        await demo.load(session)
    home = await client.get("/help")
    assert home.status_code == 200
    assert "Machines and care" in home.text
    found = await client.get("/help", params={"q": "desclaing"}, headers={"hx-target": "help-answers"})
    assert "/help/articles/descale-your-machine" in found.text
    assert "<html" not in found.text
    german = await client.get("/help/articles/descale-your-machine", headers={"accept-language": "de"})
    assert "So entkalken Sie Ihre Espressomaschine" in german.text
    for path in ("/help/topics/machines", "/help/contact", "/help/articles/warranty"):
        assert (await client.get(path)).status_code == 200, path
    for path in ("/help/topics/nothing", "/help/articles/nothing"):
        assert (await client.get(path)).status_code == 404, path

    first = await client.submit("/help/articles/warranty/vote", {"helpful": "no"})
    assert first.headers["location"] == "/help/articles/warranty?voted=no#vote"
    asked = await client.get("/help/articles/warranty?voted=no")
    assert "What was missing?" in asked.text
    await client.submit(
        "/help/articles/warranty/vote", {"helpful": "no", "reason": "unclear", "comment": "?"}
    )
    async with database.transaction() as session:
        votes = (await session.scalars(select(ArticleVote))).all()
        assert [(vote.helpful, vote.reason, vote.comment) for vote in votes] == [(False, "unclear", "?")]
    wrong = await client.submit("/help/articles/warranty/vote", {"helpful": "no", "reason": "sql"})
    assert wrong.status_code == 422


async def test_a_customer_opens_a_ticket_once_reads_the_answer_and_writes_on(app: Litestar):
    database: Database = app.state.database
    _, token = await known(app, "ana@example.com", "Ana Lopes")
    async with browser(app, token) as ana:
        form = await ana.get("/account/tickets/new")
        key = re.search(r'name="key" value="([^"]+)"', form.text)
        assert key is not None
        posted = {"subject": "No steam", "body": "The wand is <blocked>", "key": key[1]}
        first = await ana.submit("/account/tickets/new", posted)
        second = await ana.submit("/account/tickets/new", posted)
        assert first.status_code == second.status_code == 303
        assert first.headers["location"] == second.headers["location"]
        url = first.headers["location"]
        page = await ana.get(url)
        assert "The wand is &lt;blocked&gt;" in page.text
        assert "No steam" in (await ana.get("/account/tickets")).text

        async with database.transaction() as session:
            ticket = await session.scalar(select(Ticket))
            assert ticket is not None
            assert await session.scalar(select(func.count()).select_from(Message)) == 1
            mira = await talk.agent(session)
            await notes.write(session, ticket.conversation_id, mira, "Secret note")
            await answers.reply(session, ticket.conversation_id, mira, "Held answer", "email", 2)
        thread = (await ana.get(f"{url}/thread")).text
        assert "Secret note" not in thread
        assert "Held answer" not in thread  # it may still be taken back
        async with database.transaction() as session:
            message = await session.scalar(select(Message).where(Message.text == "Held answer"))
            assert message is not None
            assert message.recipients["to"] == ["ana@example.com"]
            message.status = "sent"
            await tickets.solve(session, ticket.id)
        assert "Held answer" in (await ana.get(f"{url}/thread")).text

        answered = await ana.submit(url, {"body": "Still blocked", "key": "k2"})
        assert answered.status_code == 303
        async with database.transaction() as session:
            reopened = await session.get_one(Ticket, ticket.id)
            assert (reopened.status, reopened.cycle) == ("open", 2)
        empty = await ana.submit(url, {"body": "  "})
        assert empty.status_code == 422
        assert "Write something first." in empty.text
        short = await ana.submit("/account/tickets/new", {"body": "Only a body"})
        assert short.status_code == 422
        assert "Only a body" in short.text


async def test_nobody_reaches_the_ticket_of_another(app: Litestar, client: Browser):
    database: Database = app.state.database
    ana_id, _ = await known(app, "ana@example.com", "Ana Lopes")
    _, bens = await known(app, "ben@example.com", "Ben Ito")
    async with database.transaction() as session:
        conversation = await talk.begin(session, ana_id)
        await talk.say(session, conversation, "Mine alone")
        ticket = await triage(session, conversation.id)
        assert ticket is not None
    paths = [
        f"/account/tickets/{ticket.id}",
        f"/account/tickets/{ticket.id}/thread",
        f"/account/tickets/{ticket.id}/live",
        f"/account/tickets/{ticket.id}/attachments/{uuid4()}",
        f"/account/conversations/{conversation.id}",
    ]
    async with browser(app, bens) as ben:
        for path in paths:
            answer = await ben.get(path)
            assert answer.status_code == 404, path
            assert "Mine alone" not in answer.text
        assert (await ben.submit(paths[0], {"body": "I am Ana"})).status_code == 404
        assert "Mine alone" not in (await ben.get("/account/tickets")).text
    for path in paths:
        assert (await client.get(path)).status_code == 303, path  # to the sign-in
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Message)) == 1


async def test_a_visitor_chats_without_scripts_and_reads_the_answer(app: Litestar, client: Browser):
    database: Database = app.state.database
    assert (await client.get("/chat")).status_code == 200
    assert (await client.get("/chat/since")).status_code == 404
    assert (await client.get("/chat/live")).status_code == 404
    said = await client.submit("/chat", {"body": "Hello <you>", "name": "Zoe", "email": "zoe@example.com"})
    assert said.status_code == 303
    assert "Hello &lt;you&gt;" in (await client.get("/chat")).text
    async with database.transaction() as session:
        conversation = await session.scalar(select(Conversation))
        assert conversation is not None
        assert conversation.channel == "chat"
        mira = await talk.agent(session)
        await answers.reply(session, conversation.id, mira, "Good morning, Zoe", "chat", 1)
        await notes.write(session, conversation.id, mira, "Secret note")
    news = await client.get("/chat/since", params={"seq": 1})
    assert "Good morning, Zoe" in news.text
    assert "Hello" not in news.text
    assert "Secret note" not in news.text
    panel = await client.get("/chat", headers={"hx-request": "true"})
    assert "<html" not in panel.text
    assert 'sse-connect="/chat/live"' in panel.text
    await client.submit("/chat/end")
    assert "Good morning" not in (await client.get("/chat")).text


async def test_a_browser_that_runs_scripts_gets_an_empty_form_and_asks_for_what_is_new(
    app: Litestar, client: Browser
):
    database: Database = app.state.database
    by_htmx = {"hx-request": "true"}
    first = await client.submit("/chat", {"body": "First", "key": "1"}, headers=by_htmx)
    assert 'class="chat-panel"' in first.text  # it begins: the panel connects itself
    assert 'name="begun" value="true"' in first.text
    for _ in range(2):  # pressed twice, it is said once
        second = await client.submit(
            "/chat", {"body": "Second <b>", "key": "2", "begun": "true"}, headers=by_htmx
        )
        assert second.status_code == 200
        assert (second.headers["hx-retarget"], second.headers["hx-reswap"]) == ("#end", "outerHTML")
        assert "said" in second.headers["hx-trigger-after-settle"]
        assert second.text.count("<form") == 1
        assert "Second" not in second.text
        assert 'class="chat-panel"' not in second.text
    news = await client.get("/chat/since", params={"seq": 1})
    assert re.findall(r'class="bubble-body">([^<]*)<', news.text) == ["Second &lt;b&gt;"]
    assert 'name="seq" value="2"' in news.text
    # A panel from before the chat began shows nothing by itself: it is answered whole.
    other = await client.submit("/chat", {"body": "Third", "key": "3"}, headers=by_htmx)
    assert re.findall(r'class="bubble-body">([^<]*)<', other.text) == ["First", "Second &lt;b&gt;", "Third"]
    empty = await client.submit("/chat", {"body": " ", "key": "4", "begun": "true"}, headers=by_htmx)
    assert empty.status_code == 422
    assert "Write something first." in empty.text
    assert 'class="chat-panel"' in empty.text
    async with database.transaction() as session:
        assert (await session.scalars(select(Conversation.last_seq))).all() == [3]


async def test_an_address_typed_in_the_chat_is_a_claim_and_shows_nothing(app: Litestar, client: Browser):
    database: Database = app.state.database
    ana_id, _ = await known(app, "ana@example.com", "Ana Lopes")
    async with database.transaction() as session:
        conversation = await talk.begin(session, ana_id)
        await talk.say(session, conversation, "Ana's own words")
    await client.submit("/chat", {"body": "I am Ana, where is my order?", "email": "ana@example.com"})
    page = await client.get("/chat")
    assert "where is my order?" in page.text
    assert "Ana&#39;s own words" not in page.text
    async with database.transaction() as session:
        chat = await session.scalar(select(Conversation).where(Conversation.channel == "chat"))
        assert chat is not None
        assert chat.customer_id != ana_id
        claim = await session.scalar(
            select(Identity).where(Identity.customer_id == chat.customer_id, Identity.kind == "email")
        )
        assert claim is not None
        assert claim.verified_at is None
    wrong = await client.submit("/chat", {"body": "x", "email": "not an address"})
    assert wrong.status_code in (303, 422)


async def test_a_bad_address_in_the_chat_is_said_beside_its_field_and_nothing_begins(
    app: Litestar, client: Browser
):
    database: Database = app.state.database
    answer = await client.submit("/chat", {"body": "Hello", "email": "not an address"})
    assert answer.status_code == 422
    assert "Enter an address like" in answer.text
    assert ">Hello</textarea>" in answer.text
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Conversation)) == 0


async def test_two_visitors_never_see_each_other_s_chat_and_signing_out_forgets_it(app: Litestar):
    ana_id, token = await known(app, "ana@example.com", "Ana Lopes")
    async with browser(app, token) as ana, browser(app) as stranger:
        await ana.submit("/chat", {"body": "For Ana's eyes", "key": "a"})
        await stranger.submit("/chat", {"body": "For the stranger's", "key": "a"})
        assert "For the stranger" not in (await ana.get("/chat")).text
        assert "For Ana" not in (await stranger.get("/chat")).text
        out = await ana.submit("/sign-out")
        assert out.status_code == 303
        cookies = [cookie.value for cookie in ana.cookies.jar if cookie.name == visits.COOKIE]
        assert set(cookies) != {token}
        assert "For Ana" not in (await ana.get("/chat")).text
        async with browser(app, token) as old:
            assert "For Ana" not in (await old.get("/chat")).text
    database: Database = app.state.database
    async with database.transaction() as session:
        owners = set(await session.scalars(select(Conversation.customer_id)))
        assert ana_id in owners
        assert len(owners) == 2


async def _begun_by_mallory(app: Litestar, client: Browser) -> UUID:
    """A stranger gives another's address in the chat, and is answered there."""
    database: Database = app.state.database
    await client.submit("/chat", {"body": "Mallory here", "name": "M", "email": "ana@example.com"})
    async with database.transaction() as session:
        conversation = (await session.scalars(select(Conversation))).one()
        mira = await talk.agent(session)
        await answers.reply(session, conversation.id, mira, "Answered in the chat", "chat", 1)
        return conversation.id


async def _sent(database: Database) -> None:
    async with database.transaction() as session:
        for message in await session.scalars(select(Message).where(Message.direction == "outbound")):
            message.status = "sent"


async def test_a_stranger_stops_reading_when_their_chat_turns_out_to_be_anothers(
    app: Litestar, client: Browser
):
    database: Database = app.state.database
    chat_id = await _begun_by_mallory(app, client)
    await _sent(database)
    assert "Answered in the chat" in (await client.get("/chat")).text
    async with database.transaction() as session:
        # Ana signs in: the idle record that claims her address is hers now, with its conversation.
        ana = await identities.verify(session, identities.email("ana@example.com"), by="code")
        conversation = await session.get_one(Conversation, chat_id)
        assert ana in await merging.group(session, conversation.customer_id)
    assert "Answered in the chat" not in (await client.get("/chat")).text
    assert (await client.get("/chat/since")).status_code == 404
    assert (await client.get("/chat/live")).status_code == 404
    assert (await client.submit("/chat", {"body": "Still me"})).status_code == 303
    async with database.transaction() as session:
        assert (
            await session.scalar(
                select(func.count()).where(Message.conversation_id == chat_id, Message.direction == "inbound")
            )
            == 1
        )
        other = (await session.scalars(select(Conversation).where(Conversation.id != chat_id))).one()
        assert other.customer_id not in await merging.group(session, ana)


async def test_a_chat_shows_what_was_said_in_the_chat_and_no_letters(app: Litestar, client: Browser):
    database: Database = app.state.database
    chat_id = await _begun_by_mallory(app, client)
    async with database.transaction() as session:
        mira = (await session.scalars(select(Staff))).one()
        await answers.reply(session, chat_id, mira, "By letter to Ana", "email", 2)
    await _sent(database)
    for path in ("/chat", "/chat/since?seq=0"):
        page = (await client.get(path)).text
        assert "Answered in the chat" in page
        assert "By letter to Ana" not in page


async def test_a_chat_comes_along_at_sign_in_only_when_it_is_the_customers(app: Litestar, client: Browser):
    database: Database = app.state.database
    chat_id = await _begun_by_mallory(app, client)
    for address, kept in (("mallory@example.com", None), ("ana@example.com", chat_id)):
        token = await signed_in(app, chat_id=chat_id, locale=address[0])
        async with browser(app, token) as other:
            await other.submit("/sign-in", {"email": address})
            code = await _code(database, address)
            assert (await other.submit("/sign-in/code", {"code": code})).status_code == 303
        async with database.transaction() as session:
            owner = await identities.owner(session, identities.email(address))
            row = (await session.scalars(select(VisitRow).where(VisitRow.customer_id == owner))).one()
            assert row.chat_id == kept


async def _code(database: Database, address: str) -> str:
    async with database.transaction() as session:
        mail = (
            await session.scalars(
                select(Message).where(Message.source_kind == "sign_in").order_by(Message.created_at.desc())
            )
        ).first()
        assert mail is not None
        assert mail.recipients["to"] == [address]
        found = re.search(r"\b(\d{3}) (\d{3})\b", mail.text)
        assert found is not None
        return found[1] + found[2]
