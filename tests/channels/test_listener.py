"""The listener: 250 once a mail is kept, whoever asks how often."""

import asyncio
import smtplib

import pytest
from aiosmtpd.lmtp import LMTP
from sqlalchemy import func, select

from channels.adapters.email import listener
from channels.adapters.email.reading import ReadMail, read_mail
from channels.models import Message, MessageReference, ReceivedMail
from core.jobs import JobRow
from core.settings import Settings
from customers.models import TimelineEntry
from tests.channels.arriving import count
from tests.channels.letters import AUTHSERV, letter


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


@pytest.mark.parametrize(
    ("peer", "named", "counts"),
    [
        ("127.0.0.1", "", True),
        ("10.1.2.3", "", True),
        ("fd00::1", "", True),
        ("fe80::1%eth0", "", True),
        ("::ffff:192.168.1.4", "", True),
        ("8.8.8.8", "", False),
        ("2a00::1", "", False),
        ("::ffff:8.8.8.8", "", False),
        ("2002:808:808::1", "", False),
        ("2001:0:4136:e378:8000:63bf:f7f7:f7f7", "", False),
        ("8.8.8.8", "8.8.8.0/24, 10.0.0.0/8", True),
        ("127.0.0.1", "8.8.8.0/24,10.0.0.0/8", False),
        ("nobody", "", False),
    ],
)
def test_whose_word_on_senders_may_count(settings, peer, named, counts):
    told = settings.model_copy(update={"trusted_relays": named})
    assert listener.stands_in_front((peer, 4711), told) is counts


async def test_whoever_is_not_the_relay_in_front_of_us_proves_nothing_by_writing_its_name(database, settings):
    for named, proven in (("192.0.2.0/24", False), ("", True)):
        told = settings.model_copy(update={"trusted_relays": named, "trusted_authserv_id": AUTHSERV})
        server = await listener.start_listener(database, told, 0)
        port = server.sockets[0].getsockname()[1]

        def send(port: int = port, raw: bytes = letter(message_id=f"<{proven}@example.test>")) -> None:
            with smtplib.SMTP("127.0.0.1", port, timeout=30) as smtp:
                smtp.sendmail("ann@example.test", ["support@halden.test"], raw)

        await asyncio.to_thread(send)
        server.close()
        async with database.transaction() as session:
            for mail_id in await session.scalars(
                select(ReceivedMail.id).where(ReceivedMail.processed_at.is_(None))
            ):
                await read_mail(session, ReadMail(mail_id), told)
            newest = select(Message.verified).order_by(Message.created_at.desc(), Message.id.desc()).limit(1)
            assert await session.scalar(newest) is proven


def test_networks_that_are_none_are_refused_at_the_start(settings):
    with pytest.raises(ValueError, match="does not appear to be"):
        Settings.model_validate({**settings.model_dump(), "trusted_relays": "the relay"})
