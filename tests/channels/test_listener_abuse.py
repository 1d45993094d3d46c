"""Whoever speaks to the listener with ill will smuggles nothing in, holds nobody up, and gets a whole answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP
from sqlalchemy import select

from channels import mailboxes
from channels.adapters.email import listener
from channels.models import ReceivedMail
from core import teams
from core.database import Database
from core.settings import Settings

HEAD = b"From: ann@example.test\r\nSubject: One\r\nMessage-ID: <1@example.test>\r\n\r\nIt drips.\r\n"
SECOND = (
    b"MAIL FROM:<admin@halden.test>\r\nRCPT TO:<support@halden.test>\r\nDATA\r\n"
    b"From: admin@halden.test\r\nSubject: Two\r\n\r\nSmuggled.\r\n.\r\n"
)


class Line:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def answer(self) -> bytes:
        """The last line of an answer."""
        async with asyncio.timeout(20):
            while (said := await self.reader.readline())[3:4] == b"-":
                pass
        return said

    async def say(self, words: bytes) -> bytes:
        self.writer.write(words + b"\r\n")
        await self.writer.drain()
        return await self.answer()

    async def begin(self, *recipients: str, hello: bytes = b"EHLO x.test") -> None:
        assert (await self.answer()).startswith(b"220")
        assert (await self.say(hello)).startswith(b"250")
        assert (await self.say(b"MAIL FROM:<ann@example.test>")).startswith(b"250")
        for each in recipients or ("support@halden.test",):
            assert (await self.say(b"RCPT TO:<%s>" % each.encode())).startswith(b"250")
        assert (await self.say(b"DATA")).startswith(b"354")


Open = Callable[[], Awaitable[Line]]


@pytest.fixture(params=[SMTP])
async def open_line(
    request: pytest.FixtureRequest, database: Database, settings: Settings
) -> AsyncIterator[Open]:
    server = await listener.start_listener(database, settings, 0, request.param)
    lines: list[Line] = []

    async def open_one() -> Line:
        lines.append(Line(*await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])))
        return lines[-1]

    yield open_one
    for line in lines:
        line.writer.close()
    server.close()


async def kept(database: Database) -> list[bytes]:
    async with database.transaction() as session:
        return list(await session.scalars(select(ReceivedMail.raw)))


@pytest.mark.parametrize(
    "end",
    [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\r\n\x00.\r\n", b"\r\n.\x00\r\n"],
)
async def test_only_one_sign_ends_a_mail_and_nothing_is_smuggled_behind_another(
    open_line: Open, database: Database, end: bytes
) -> None:
    line = await open_line()
    await line.begin()
    assert await line.say(HEAD + end + SECOND[:-2]) == b"250 2.0.0 Kept\r\n"
    assert (await line.say(b"NOOP")).startswith(b"250")
    [raw] = await kept(database)
    assert raw.startswith(HEAD)
    assert b"Smuggled." in raw


async def test_commands_may_come_in_one_piece_and_a_mail_is_what_stands_between_its_signs(
    open_line: Open, database: Database
) -> None:
    line = await open_line()
    await line.begin()
    line.writer.write(HEAD + b"..leading dot\r\n.\r\n" + SECOND + b"NOOP\r\n")
    answers = [await line.answer() for _ in range(6)]
    assert [each[:3] for each in answers] == [b"250", b"250", b"250", b"354", b"250", b"250"]
    first, second = sorted(await kept(database), key=len, reverse=True)
    assert first == HEAD + b".leading dot\r\n"
    assert b"Smuggled." in second


async def test_a_line_that_is_longer_than_smtp_allows_is_kept_as_it_came(
    open_line: Open, database: Database
) -> None:
    line = await open_line()
    await line.begin()
    long = b"x" * 300_000
    assert await line.say(HEAD + long + b"\r\n.") == b"250 2.0.0 Kept\r\n"
    assert await kept(database) == [HEAD + long + b"\r\n"]


@pytest.mark.parametrize("open_line", [LMTP], indirect=True)
@pytest.mark.parametrize(
    ("content", "said"),
    [(b"x" * 1_100_000, b"500"), ((b"x" * 98 + b"\r\n") * 2_000, b"552")],
    ids=["line", "mail"],
)
async def test_by_lmtp_what_is_too_large_is_refused_for_every_recipient_and_the_session_goes_on(
    open_line: Open, database: Database, monkeypatch: pytest.MonkeyPatch, content: bytes, said: bytes
) -> None:
    monkeypatch.setattr(listener, "MAX_SIZE", 100_000 if said == b"552" else 10_000_000)
    line = await open_line()
    await line.begin("support@halden.test", "shop@halden.test", hello=b"LHLO x.test")
    line.writer.write(content)
    first = await line.say(b"\r\n.")
    assert [first[:3], (await line.answer())[:3]] == [said, said]
    assert (await line.say(b"NOOP")).startswith(b"250")
    assert await kept(database) == []


@pytest.mark.parametrize(
    ("open_line", "hello"), [(SMTP, b"EHLO x.test"), (LMTP, b"LHLO x.test")], indirect=["open_line"]
)
async def test_a_mail_that_is_announced_to_be_too_large_is_refused_in_words_before_it_comes(
    open_line: Open, hello: bytes
) -> None:
    line = await open_line()
    assert (await line.answer()).startswith(b"220")
    assert (await line.say(hello)).startswith(b"250")
    said = await line.say(b"MAIL FROM:<ann@example.test> SIZE=%d" % (listener.MAX_SIZE + 1))
    assert said.startswith(b"552")
    assert (await line.say(b"NOOP")).startswith(b"250")


async def test_a_mail_whose_mailbox_is_gone_when_it_comes_is_refused_and_not_said_to_be_kept(
    open_line: Open, database: Database, settings: Settings
) -> None:
    async with database.transaction() as session:
        team = await teams.form(session, "Billing", [])
        await mailboxes.give(session, settings, team.id, ["billing@halden.test"])
    line = await open_line()
    await line.begin("billing@halden.test")
    async with database.transaction() as session:
        await mailboxes.give(session, settings, team.id, [])
    assert (await line.say(HEAD + b".")).startswith(b"550")
    assert await kept(database) == []


async def test_more_sessions_than_there_is_room_for_are_told_to_come_again_and_hold_up_nobody(
    open_line: Open, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "MAX_SESSIONS", 3)
    idle = [await open_line() for _ in range(3)]
    for each in idle:
        assert (await each.answer()).startswith(b"220")
    refused = await open_line()
    assert (await refused.answer()).startswith(b"421")
    assert await refused.reader.read() == b""
    idle[0].writer.close()
    await idle[0].writer.wait_closed()
    async with asyncio.timeout(20):
        while (await (line := await open_line()).answer()).startswith(b"421"):
            await asyncio.sleep(0.05)
    assert (await line.say(b"EHLO x.test")).startswith(b"250")


async def test_whoever_sends_a_byte_now_and_then_is_cut_off(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "PATIENCE", 0.5)
    server = await listener.start_listener(database, settings, 0)
    line = Line(*await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1]))
    await line.begin()
    cut = asyncio.create_task(line.reader.read())
    async with asyncio.timeout(20):
        while not (await asyncio.wait([cut], timeout=0.05))[0]:
            line.writer.write(b"x")
    cut.exception()  # it may be told by a reset
    line.writer.close()
    server.close()
    assert await kept(database) == []
