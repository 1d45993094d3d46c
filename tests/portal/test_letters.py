"""E-mails at the desk: read as they were written, answered as mail programs do, forwarded, sent again."""

import hashlib
import re
from uuid import UUID

import pytest
from litestar import Litestar
from sqlalchemy import func, select, update

from channels import files
from channels.models import Attachment, Blob, Conversation, Message, MessageStatus, ReceivedMail
from core import teams
from core.database import Database
from core.errors import Invalid
from core.staff import Staff
from customers import consent
from customers.models import SuppressionScope
from portal import frames
from support import letters, recipients, signatures, threads
from support.models import PictureSender, Ticket
from support.triage import triage
from tests.portal.conftest import Browser
from tests.portal.test_inbox import Case
from tests.support import talk

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture
async def case(app: Litestar) -> Case:
    """Ana has written one e-mail, with a second one below it."""
    database: Database = app.state.database
    async with database.transaction() as session:
        conversation = await talk.begin(session, await talk.customer(session))
        await talk.say(session, conversation, "The steam wand is blocked\n\n> Is it warm?")
        ticket = await triage(session, conversation.id)
        assert ticket is not None
        await session.refresh(conversation)
    return Case(database, conversation, ticket)


async def letter(case: Case, **said: object) -> UUID:
    """Ana's e-mail, with this of it changed; its id."""
    async with case.database.transaction() as session:
        message = await session.scalar(select(Message).where(Message.conversation_id == case.conversation.id))
        assert message is not None
        for name, value in said.items():
            setattr(message, name, value)
        return message.id


async def answered(case: Case) -> Message:
    async with case.database.transaction() as session:
        message = await session.scalar(
            select(Message).where(Message.direction == "outbound").order_by(Message.seq.desc())
        )
        assert message is not None
        return message


def framed(html: str, **how: object) -> str:
    options = {"inline": {}} | how
    return str(frames.frame(html, "A letter", **options).content).partition('<div class="mail">')[2]  # type: ignore[arg-type]  # what each test passes, it names


def test_a_frame_fetches_nothing_unasked_and_never_the_dots_that_count_readers():
    html = '<img src="https://t.example/hero.png" alt="Sacks"><img src="https://t.example/o.gif" width="1" height="1">'
    assert "t.example" not in framed(html)
    assert 'alt="Sacks"' in framed(html)
    shown = framed(html, remote=True)
    assert "https://t.example/hero.png" in shown
    assert "o.gif" not in shown
    assert " https: http:" not in frames.frame(html, "", inline={}).headers["content-security-policy"]
    assert "https: http:" in frames.frame(html, "", inline={}, remote=True).headers["content-security-policy"]


def test_a_letter_s_own_pictures_stand_where_it_shows_them():
    shown = framed('<img src="cid:leak@post">', inline={"leak@post": "/desk/x/picture"})
    assert '<img src="/desk/x/picture">' in shown
    assert "src" not in framed('<img src="cid:other@post">')


def test_a_link_says_where_it_leads_and_warns_where_its_words_name_another_place():
    shown = framed('<a href="http://evil.example/x">https://bank.example/login</a>')
    assert 'title="http://evil.example/x"' in shown
    assert "leads to evil.example" in shown
    for same in (
        '<a href="https://www.bank.example/x">bank.example</a>',
        '<a href="https://x.example">here</a>',
    ):
        assert "leads to" not in framed(same)


def test_what_a_letter_repeats_is_folded_in_its_frame_and_nothing_is_lost():
    for mail in (
        '<p>Yes</p><div class="gmail_quote"><blockquote>Old<div>words</div></blockquote></div>',
        '<p>Yes</p><div id="divRplyFwdMsg">From: x</div><p>Old words</p>',
        '<p>Yes</p><blockquote type="cite">Old words</blockquote>',
        '<p>Yes</p><div class="gmail_signature">Old</div><br><div class="gmail_quote">words</div>',
    ):
        shown = framed(mail)
        assert shown.index("Yes") < shown.index("<details") < shown.index("Old"), mail
        assert "words" in shown
    # answered line by line, or nothing but a quote: all of it is needed
    for mail in (
        '<blockquote type="cite">Which?</blockquote><p>The copper one</p>',
        '<p>So:</p><blockquote type="cite">Which?</blockquote><p>The copper one</p>',
    ):
        assert "<details" not in framed(mail), mail


async def test_a_rich_letter_is_read_in_its_frame_and_a_plain_one_as_text(agent_client: Browser, case: Case):
    message_id = await letter(case, html='<p>Hello <b>you</b><img src="https://t.example/a.png"></p>')
    page = (await agent_client.get(case.url)).text
    assert f'name="frame-{message_id}"' in page
    assert "allow-scripts" not in page
    assert "Show them" in page
    await letter(case, html="<div>The steam wand is blocked</div>")
    page = (await agent_client.get(case.url)).text
    assert f'name="frame-{message_id}"' not in page
    assert "As it was formatted" in page


async def test_a_thread_tells_how_a_letter_s_html_stands_to_its_words(case: Case):
    for html, kind in (
        (None, threads.NO_HTML),
        ("<div>Hello<br>Ana &lt;b&gt;</div>", threads.PLAIN_HTML),
        ("<p>Hello <B>you</B></p>", threads.RICH_HTML),
        ('<a href="https://x.example">here</a>', threads.RICH_HTML),
        ('<img src="cid:leak@post">', threads.RICH_HTML),
        ("<p>a</p><Img alt=\"\" src='HTTPS://t.example/a.png'>", threads.REMOTE_HTML),
        ("<table><tr><td><img src=//t.example/a.png></table>", threads.REMOTE_HTML),
    ):
        await letter(case, html=html)
        async with case.database.transaction() as session:
            [item] = await threads.latest(session, case.conversation.id)
        assert item.html == kind, html


async def test_pictures_of_a_sender_are_welcome_once_asked_for_and_only_from_who_is_proven(
    agent_client: Browser, case: Case
):
    message_id = await letter(case, html='<img src="https://t.example/a.png">', verified=True)
    place = f"{case.url}/messages/{message_id}"
    assert "t.example" not in (await agent_client.get(f"{place}/html")).text
    assert "https://t.example/a.png" in (await agent_client.get(f"{place}/html?shown=1")).text
    assert (await agent_client.submit(f"{place}/pictures")).status_code == 303
    assert "https://t.example/a.png" in (await agent_client.get(f"{place}/html")).text
    assert "Show them" not in (await agent_client.get(case.url)).text
    await letter(case, verified=False)  # anybody can put an address into From
    assert "t.example" not in (await agent_client.get(f"{place}/html")).text
    await letter(case, verified=True)
    await agent_client.submit(f"{place}/pictures", {"forbid": "yes"})
    assert "t.example" not in (await agent_client.get(f"{place}/html")).text
    async with case.database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(PictureSender)) == 0


async def test_a_file_is_shown_as_a_picture_only_if_it_is_one(agent_client: Browser, case: Case):
    message_id = await letter(case)
    ids = {}
    async with case.database.transaction() as session:
        for name, content in {"leak.png": PNG, "evil.png": b"<svg onload=alert(1)>"}.items():
            digest = hashlib.sha256(content).hexdigest()
            await files.keep(session, {digest: content})
            file = Attachment(
                message_id=message_id,
                sha256=digest,
                filename=name,
                content_type="image/png",
                size=len(content),
            )
            session.add(file)
            await session.flush()
            ids[name] = file.id
    place = f"{case.url}/attachments"
    shown = await agent_client.get(f"{place}/{ids['leak.png']}/picture")
    assert (shown.status_code, shown.headers["content-type"], shown.content) == (200, "image/png", PNG)
    assert "sandbox" in shown.headers["content-security-policy"]
    assert (await agent_client.get(f"{place}/{ids['evil.png']}/picture")).status_code == 404
    other = f"/desk/inbox/{case.ticket.id}/attachments/{ids['leak.png']}/picture"
    assert (await agent_client.get(other)).status_code == 404
    assert f"{ids['leak.png']}/picture" in (await agent_client.get(case.url)).text


async def test_a_picture_is_left_out_of_the_files_only_where_the_letter_shows_it(
    agent_client: Browser, case: Case
):
    shown = '<p>See <b>all</b> 1 pictures</p><img src="cid:leak@post">'
    message_id = await letter(case, html=shown)
    digest = hashlib.sha256(PNG).hexdigest()
    async with case.database.transaction() as session:
        await files.keep(session, {digest: PNG})
        # What a mail calls the second stands in its words by chance.
        for name, content_id in (("leak.png", "leak@post"), ("label.png", "1")):
            file = Attachment(message_id=message_id, sha256=digest, filename=name, size=len(PNG))
            file.content_type, file.content_id = "image/png", content_id
            session.add(file)
    page = (await agent_client.get(case.url)).text
    assert "label.png" in page
    assert "leak.png" not in page


async def test_the_head_and_the_bytes_of_a_letter_can_be_looked_into(agent_client: Browser, case: Case):
    raw = b"From: ana@example.com\r\nX-Odd: <script>\r\nSubject: No steam\r\n\r\nThe steam wand"
    message_id = await letter(case, external_id="d1")
    place = f"{case.url}/messages/{message_id}"
    assert (await agent_client.get(f"{place}/raw")).status_code == 404
    async with case.database.transaction() as session:
        mail = ReceivedMail(mailbox="support@halden.test", digest="d1", mail_from="", rcpt_to=[], raw=raw)
        session.add(mail)
    source = (await agent_client.get(f"{place}/source")).text
    assert "X-Odd: &lt;script&gt;" in source
    saved = await agent_client.get(f"{place}/raw")
    assert saved.content == raw
    assert saved.headers["content-disposition"].startswith("attachment")
    # It holds its files: while one of them is given to nobody, neither is it.
    digest = hashlib.sha256(b"EICAR").hexdigest()
    async with case.database.transaction() as session:
        await files.keep(session, {digest: b"EICAR"})
        file = Attachment(message_id=message_id, sha256=digest, filename="a.com", size=5)
        file.content_type = "application/octet-stream"
        session.add(file)
        await session.execute(
            update(Blob).where(Blob.sha256 == digest).values(scanned="infected", found="Eicar")
        )
    refused = await agent_client.get(f"{place}/raw")
    assert refused.status_code == 403
    assert "holds a virus (Eicar)" in refused.text


async def test_an_answer_carries_the_signature_and_their_message_and_is_taken_back_without(
    agent_client: Browser, case: Case
):
    await agent_client.submit("/desk/settings/profile/signature", {"signature": "Mira\nHalden"})
    page = (await agent_client.get(case.url)).text
    assert "Mira\nHalden" in page
    # Before anybody is written to in this thread who is not the customer.
    assert "The customer can read this thread in their account" in page
    form = {"road": "email", "body": "Unscrew it", "last_seen_seq": 1, "by_mail": "on", "quote": "on"}
    await agent_client.submit(f"{case.url}/answer", form)
    message = await answered(case)
    assert message.text.startswith("Unscrew it\n\n-- \nMira\nHalden\n\nOn ")
    assert message.text.endswith("Ana Lopes wrote:\n> The steam wand is blocked\n>\n>> Is it warm?") or (
        message.text.endswith("ana@example.com wrote:\n> The steam wand is blocked\n>\n>> Is it warm?")
    )
    page = (await agent_client.get(case.url)).text
    assert re.search(r'<div class="letter-body">Unscrew it</div>', page)
    taken = await agent_client.submit(f"{case.url}/undo/{message.id}")
    page = (await agent_client.get(taken.headers["location"])).text
    assert ">\nUnscrew it</textarea>" in page
    # without the quote, as asked
    await agent_client.submit(f"{case.url}/answer", {**form, "quote": "", "last_seen_seq": 9})
    assert (await answered(case)).text == "Unscrew it\n\n-- \nMira\nHalden"


async def test_who_an_answer_goes_to_can_be_changed_and_wrong_addresses_are_said(
    agent_client: Browser, case: Case
):
    form = {"road": "email", "body": "Hello", "last_seen_seq": 1, "by_mail": "on"}
    wrong = await agent_client.submit(f"{case.url}/answer", {**form, "to": "ana@example.com", "cc": "nobody"})
    assert wrong.status_code == 422
    assert "“nobody” is not an e-mail address." in wrong.text
    assert 'name="cc" value="nobody"' in wrong.text
    assert ">\nHello</textarea>" in wrong.text
    people = {"to": "Ben <ben@example.com>", "cc": "c@example.com; d@example.com", "bcc": "boss@example.com"}
    assert (await agent_client.submit(f"{case.url}/answer", {**form, **people})).status_code == 303
    message = await answered(case)
    assert message.recipients == {
        "to": ["ben@example.com"],
        "cc": ["c@example.com", "d@example.com"],
        "bcc": ["boss@example.com"],
    }
    assert "Bcc boss@example.com" in (await agent_client.get(case.url)).text


async def test_an_answer_waits_for_a_second_look_when_it_would_go_to_somebody_else_by_now(
    agent_client: Browser, case: Case
):
    shown = (await agent_client.get(case.url)).text
    assert 'name="meant" value="ana@example.com"' in shown
    async with case.database.transaction() as session:
        conversation = await session.get_one(Conversation, case.conversation.id)
        message = await talk.say(session, conversation, "I have it now. Ben")
        message.sender = "ben@example.com"
        seen = message.seq
    # The page told of Ben's words, but its recipients are those of before.
    form = {"road": "email", "body": "Hello", "last_seen_seq": str(seen), "by_mail": "on"}
    stale = {"meant": "ana@example.com", "to": "ana@example.com"}
    refused = await agent_client.submit(f"{case.url}/answer", form | stale)
    assert refused.status_code == 409
    assert 'name="to" value="ben@example.com"' in refused.text
    assert ">\nHello</textarea>" in refused.text
    async with case.database.transaction() as session:
        assert not await session.scalar(select(func.count()).where(Message.direction == "outbound"))
    fresh = {"meant": "ben@example.com", "to": "ben@example.com"}
    assert (await agent_client.submit(f"{case.url}/answer", form | fresh)).status_code == 303
    assert (await answered(case)).recipients["to"] == ["ben@example.com"]


async def test_an_answer_can_leave_later_and_be_taken_back_until_then(agent_client: Browser, case: Case):
    form = {"road": "email", "body": "Hello", "last_seen_seq": 1, "by_mail": "on", "later": "3"}
    sent = await agent_client.submit(f"{case.url}/answer", form)
    page = (await agent_client.get(sent.headers["location"])).text
    message = await answered(case)
    assert message.status == MessageStatus.HELD
    assert message.release_at is not None
    assert 10_700 < (message.release_at - message.created_at).total_seconds() < 10_900
    assert "It leaves" in page
    assert f"{case.url}/undo/{message.id}" in page
    assert "Take back" in page
    assert (await agent_client.submit(f"{case.url}/undo/{message.id}")).status_code == 303


async def test_a_letter_is_forwarded_in_a_conversation_of_its_own(agent_client: Browser, case: Case):
    message_id = await letter(case)
    place = f"{case.url}/messages/{message_id}/forward"
    assert "The steam wand is blocked" in (await agent_client.get(place)).text
    for to in ("", "nobody", "support@halden.test"):
        assert (await agent_client.submit(place, {"to": to})).status_code == 422, to
    async with case.database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Conversation)) == 1
    led = await agent_client.submit(place, {"to": "workshop@north.example", "body": "Can you look at it?"})
    assert led.status_code == 303
    message = await answered(case)
    assert message.conversation_id != case.conversation.id
    assert message.recipients["to"] == ["workshop@north.example"]
    assert message.subject == "Fwd: No steam"
    assert message.text.startswith("Can you look at it?\n\n---------- Forwarded message ----------\nFrom: ")
    assert "The steam wand is blocked" in message.text
    side = (await agent_client.get(led.headers["location"])).text
    assert "Can you look at it?" in side
    assert "forwarded this from another conversation" in side
    page = (await agent_client.get(case.url)).text
    assert "forwarded a message to workshop@north.example" in page
    assert "Can you look at it?" not in page
    async with case.database.transaction() as session:
        seen = await threads.since(session, case.conversation.id, notes=False)
    assert [item.text for item in seen] == ["The steam wand is blocked\n\n> Is it warm?"]


async def test_an_answer_that_failed_is_sent_again_to_a_better_address(agent_client: Browser, case: Case):
    await agent_client.submit(f"{case.url}/answer", {"road": "email", "body": "Hello", "last_seen_seq": 1})
    failed = await answered(case)
    place = f"{case.url}/messages/{failed.id}/again"
    assert (await agent_client.submit(place, {"to": "ana@example.com"})).status_code == 409
    async with case.database.transaction() as session:
        message = await session.get_one(Message, failed.id)
        message.status, message.reason = "failed", "550 5.1.1 no such user"
        message.recipients = {**message.recipients, "bcc": ["boss@example.com"]}
        await consent.suppress(
            session, "email", "ana@example.com", reason="bounced 5.1.1", scope=SuppressionScope.ALL
        )
    page = (await agent_client.get(case.url)).text
    assert "There is no such mailbox." in page
    assert place in page
    refused = await agent_client.submit(place, {"to": "ana@example.com"})
    assert refused.status_code == 422
    assert (await answered(case)).id == failed.id
    assert (await agent_client.submit(place, {"to": "ana@new.example"})).status_code == 303
    again = await answered(case)
    assert (again.text, again.recipients["to"], again.status) == ("Hello", ["ana@new.example"], "held")
    assert again.recipients["bcc"] == ["boss@example.com"]
    # pressed twice, or by two: it goes once
    twice = await agent_client.submit(place, {"to": "ana@new.example"})
    assert twice.status_code == 409
    assert "sent there again already" in twice.text
    assert (await answered(case)).id == again.id
    await agent_client.submit(f"{case.url}/undo/{again.id}")
    assert (await agent_client.submit(place, {"to": "ana@new.example"})).status_code == 303


async def test_a_team_s_signature_stands_under_who_has_none(app: Litestar, case: Case):
    async with case.database.transaction() as session:
        agent: Staff = await talk.agent(session)
        team = await teams.form(session, "Repairs", [agent.id])
        (await session.get_one(Ticket, case.ticket.id)).team_id = team.id
        await signatures.write_for_team(session, team.id, "The workshop")
        assert await signatures.under(session, agent.id, case.conversation.id) == "The workshop"
        await signatures.write(session, agent.id, "Mira")
        assert await signatures.under(session, agent.id, case.conversation.id) == "Mira"
        await signatures.write(session, agent.id, " ")
        assert await letters.tail(session, case.conversation.id, agent.id, None) == "\n\n-- \nThe workshop"


def test_addresses_are_read_as_people_type_them():
    assert recipients.addresses('Ben <b@x.example>, "C, D" <c@x.example>; e@x.example\nb@x.example') == (
        "b@x.example",
        "c@x.example",
        "e@x.example",
    )
    assert recipients.addresses("  ") == ()
    # as other programs copy them, and as fingers leave them
    for typed in (
        "a@x.example <a@x.example>",
        "a@x.example,",
        ";a@x.example\r\n",
        '"A, <b@y.example>" <a@x.example>',
    ):
        assert recipients.addresses(typed) == ("a@x.example",), typed
    for typed in (
        "a@x.example b@x.example",
        "c@x.example, a@x.example (A",
        "Mueller, A <a@x.example>",
        "A <>",
        '"',
    ):
        with pytest.raises(Invalid) as wrong:
            recipients.addresses(typed, "cc")
        assert set(wrong.value.fields) == {"cc"}, typed


async def test_what_was_said_is_looked_for_and_shown_with_its_words_marked(
    agent_client: Browser, case: Case
) -> None:
    message_id = await letter(case, text="The steam & wand <3 are blocked")
    found = (await agent_client.get("/desk/inbox/search?q=stea+wand")).text
    assert "<mark>steam</mark> &amp; <mark>wand</mark>" in found
    assert f"{case.url}#message-{message_id}" in found
    assert "Nothing was said like that" in (await agent_client.get("/desk/inbox/search?q=zzzz")).text
