"""News goes out from an address of its own, so that what comes back is known however little is said of it."""

import asyncio
import smtplib
from typing import Any

import pytest
from sqlalchemy import select

from channels.adapters.email.arrivals import store
from channels.adapters.email.listener import start_listener
from channels.adapters.email.reading import ReadMail, read_mail
from channels.mailboxes import plain
from channels.models import Message, ReceivedMail
from channels.tokens import bounce_address, conversation_named, message_returned, reply_address
from customers.models import Suppression
from tests.channels.posting import mail, queue, read, run_due

WAY_OUT = {"List-Unsubscribe": "<https://halden.test/u>"}
# It names neither the mail nor a status: only where it was sent tells what it is about.
CURT = b"""From: Postbox <robot@mx.example.test>\r
To: %s\r
Subject: Returned\r
Message-ID: <r1@mx.example.test>\r
\r
The following addresses had permanent fatal errors -----\r
<ann@example.test>\r
    (reason: 550 5.1.1 User unknown)\r
\r
   ----- The following addresses had permanent fatal errors -----\r
<ann@example.test>\r
"""

GONE = b"""From: MAILER-DAEMON@mx.example.test\r
To: support@halden.test\r
Subject: Undelivered\r
Message-ID: <%s-is-gone@mx.example.test>\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example.test\r
\r
Final-Recipient: rfc822; %s@example.test\r
Action: failed\r
Status: 5.1.1\r
\r
--b\r
Content-Type: text/rfc822-headers\r
\r
Message-ID: <%s>\r
\r
--b--\r
"""


@pytest.fixture
async def news(database, resources, sink, customer_id) -> tuple[Any, str]:
    """A mail of ours that went out as news does, and its envelope sender."""
    [message_id] = await queue(database, mail(customer_id, headers=WAY_OUT))
    await run_due(database, resources)
    [(sender, _, _)] = sink.mails
    return message_id, sender


async def arrive(database, settings, raw: bytes, to: str) -> None:
    async with database.transaction() as session:
        await store(session, {"support@halden.test"}, "", [to], raw)
    async with database.transaction() as session:
        [kept] = await session.scalars(select(ReceivedMail).where(ReceivedMail.processed_at.is_(None)))
        await read_mail(session, ReadMail(kept.id), settings)


async def test_news_comes_back_to_an_address_of_its_own_and_letters_to_ours(
    database, resources, sink, settings, customer_id, news
):
    message_id, sender = news
    assert sender == bounce_address(settings, "support@halden.test", message_id)
    assert message_returned(settings, sender) == message_id
    assert len(sender.partition("@")[0]) <= 64
    assert plain(sender) == "support@halden.test"
    sink.mails.clear()
    await queue(database, mail(customer_id))
    await run_due(database, resources)
    assert [each[0] for each in sink.mails] == ["support@halden.test"]


async def test_the_curtest_bounce_to_that_address_fails_the_mail_and_closes_the_address(
    database, settings, news
):
    message_id, sender = news
    await arrive(database, settings, CURT % sender.encode(), sender)
    message = await read(database, message_id)
    assert (message.status, message.reason[:8]) == ("failed", "Bounced:")
    async with database.transaction() as session:
        assert [each.address for each in await session.scalars(select(Suppression))] == ["ann@example.test"]
        assert len(list(await session.scalars(select(Message)))) == 1


async def test_each_address_of_a_mail_that_does_not_exist_is_closed_by_its_own_report(
    database, resources, settings, customer_id
):
    [message_id] = await queue(database, mail(customer_id, cc=["bob@example.test"]))
    await run_due(database, resources)
    name = (await read(database, message_id)).rfc_message_id
    for who in (b"ann", b"bob"):
        await arrive(database, settings, GONE % (who, who, name.encode()), "support@halden.test")
    assert (await read(database, message_id)).status == "failed"
    async with database.transaction() as session:
        closed = {each.address for each in await session.scalars(select(Suppression))}
        assert closed == {"ann@example.test", "bob@example.test"}
        # Neither report is a letter to us.
        assert len(list(await session.scalars(select(Message)))) == 1


async def test_a_copy_that_comes_back_fails_nobody_elses_mail(database, resources, settings, customer_id):
    [message_id] = await queue(database, mail(customer_id, cc=["bob@example.test"], bcc=["eve@example.test"]))
    await run_due(database, resources)
    name = (await read(database, message_id)).rfc_message_id
    for who in (b"eve", b"bob"):
        await arrive(database, settings, GONE % (who, who, name.encode()), "support@halden.test")
    message = await read(database, message_id)
    told = [f"Not delivered to {who}@example.test, because: Bounced: 5.1.1" for who in ("bob", "eve")]
    assert (message.status, message.reason) == ("sent", " ".join(told))
    async with database.transaction() as session:
        closed = {each.address for each in await session.scalars(select(Suppression))}
        assert closed == {"bob@example.test", "eve@example.test"}
        assert len(list(await session.scalars(select(Message)))) == 1


@pytest.mark.parametrize("changed", ["+b.", "another mailbox", "a reply address"])
async def test_an_address_that_we_did_not_make_fails_nothing(database, settings, news, changed):
    message_id, sender = news
    match changed:
        case "+b.":
            last = sender.partition("@")[0][-1]
            forged = sender.replace(f"{last}@", f"{'a' if last != 'a' else 'b'}@")
        case "another mailbox":
            forged = "support@halden.test"
        case _:
            forged = reply_address(settings, "support@halden.test", message_id)
            assert message_returned(settings, forged) is None
            assert conversation_named(settings, sender) is None
    await arrive(database, settings, CURT % forged.encode(), forged)
    assert (await read(database, message_id)).status == "sent"
    async with database.transaction() as session:
        assert list(await session.scalars(select(Suppression))) == []


async def test_the_listener_takes_what_comes_back(database, settings, news):
    _, sender = news
    server = await start_listener(database, settings, 0)
    port = server.sockets[0].getsockname()[1]

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as smtp:
            smtp.sendmail("", [sender], CURT % sender.encode())

    await asyncio.to_thread(send)
    server.close()
    async with database.transaction() as session:
        [kept] = await session.scalars(select(ReceivedMail))
        assert (kept.mail_from.strip("<>"), kept.rcpt_to) == ("", [sender])
