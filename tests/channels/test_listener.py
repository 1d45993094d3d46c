"""The listener: 250 once a mail is kept, whoever asks how often."""

import asyncio
import smtplib

from aiosmtpd.lmtp import LMTP
from sqlalchemy import func, select

from channels.adapters.email import listener
from channels.adapters.email.reading import ReadMail, read_mail
from channels.models import Message, MessageReference, ReceivedMail
from core.jobs import JobRow
from customers.models import TimelineEntry
from tests.channels.arriving import count
from tests.channels.letters import letter


async def test_the_same_mail_fifty_times_at_once_is_one_message(database, settings):
    server = await listener.start_listener(database, settings, 0)
    port = server.sockets[0].getsockname()[1]
    raw = letter()

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as smtp:
            smtp.sendmail("ann@example.test", ["support@halden.test", "shop@halden.test"], raw)

    await asyncio.gather(*(asyncio.to_thread(send) for _ in range(50)))
    server.close()
    async with database.transaction() as session:
        ids = list(await session.scalars(select(ReceivedMail.id)))
        jobs = await session.scalar(
            select(func.count()).select_from(JobRow).where(JobRow.tag == "channels.read_mail")
        )
    assert (len(ids), jobs) == (2, 2)

    async def read(received_mail_id) -> None:
        async with database.transaction() as session:
            await read_mail(session, ReadMail(received_mail_id), settings)

    await asyncio.gather(*(read(each) for each in ids * 4))
    async with database.transaction() as session:
        assert await count(session, Message) == 1
        assert await count(session, TimelineEntry) == 1
        assert await count(session, MessageReference) == 1


async def test_mailboxes_that_are_not_ours_are_refused_and_nothing_kept(database, settings):
    server = await listener.start_listener(database, settings, 0)
    port = server.sockets[0].getsockname()[1]

    def refusal(recipient: str) -> int:
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as smtp:
            try:
                smtp.sendmail("ann@example.test", [recipient], letter())
            except smtplib.SMTPRecipientsRefused as error:
                return error.recipients[recipient][0]
        return 250

    assert await asyncio.to_thread(refusal, "nobody@halden.test") == 550
    assert await asyncio.to_thread(refusal, "ann@elsewhere.test") == 550
    assert await asyncio.to_thread(refusal, "support+t.abc@halden.test") == 250
    server.close()
    async with database.transaction() as session:
        assert await count(session, ReceivedMail) == 1


async def test_when_the_database_is_away_the_relay_is_told_to_come_again(database, settings):
    server = await listener.start_listener(
        type(database)("postgresql+asyncpg://nobody@127.0.0.1:9/none"), settings, 0
    )
    port = server.sockets[0].getsockname()[1]

    def send() -> int:
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as smtp:
            try:
                smtp.sendmail("ann@example.test", ["support@halden.test"], letter())
            except smtplib.SMTPDataError as error:
                return error.smtp_code
        return 250

    assert await asyncio.to_thread(send) == 451
    server.close()


async def test_by_lmtp_each_recipient_is_answered_once_the_mail_is_kept(database, settings):
    server = await listener.start_listener(database, settings, 0, LMTP)
    port = server.sockets[0].getsockname()[1]

    def deliver() -> list[tuple[int, bytes]]:
        with smtplib.LMTP("127.0.0.1", port) as lmtp:
            lmtp.ehlo()
            lmtp.mail("ann@example.test")
            named = [lmtp.rcpt(f"{name}@halden.test") for name in ("support", "nobody", "shop")]
            assert [code for code, _ in named] == [250, 550, 250]
            answers = [lmtp.data(letter())]
            answers.append(lmtp.getreply())
            assert lmtp.noop()[0] == 250  # nothing more was said
        return answers

    assert await asyncio.to_thread(deliver) == [(250, b"2.0.0 Kept")] * 2
    server.close()
    async with database.transaction() as session:
        kept = await session.scalars(select(ReceivedMail.mailbox).order_by(ReceivedMail.mailbox))
        assert list(kept) == ["shop@halden.test", "support@halden.test"]
