"""Several commands at once: each answer belongs to its command, and a mail is handed over only after a yes to all."""

import asyncio
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import pytest

from channels import base
from channels.adapters.email.outgoing import Mail
from tests.channels import sink as sinks


def submission(*copies):
    return base.Submission(
        message_id=uuid4(),
        account="shop@halden.test",
        sender_name="",
        to=("ann@example.test",),
        cc=copies,
        text="Hello\n.\n..two\n",
        rfc_message_id="1@halden.test",
    )


@asynccontextmanager
async def scripted(*answers):
    """A relay that answers each packet with the next of `answers`, and then hangs up; what it was told."""
    told: list[bytes] = []
    over = asyncio.Event()

    async def serve(reader, writer):
        writer.write(b"220 hello\r\n")
        for answer in answers:
            told.append(await reader.read(65536))
            writer.write(answer)
        with suppress(TimeoutError):
            told.append(await asyncio.wait_for(reader.read(65536), 0.3))
        writer.close()
        over.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], told, over
    server.close()


OFFERS = b"250-x\r\n250 PIPELINING\r\n"


def mail(settings, port):
    return Mail(settings.model_copy(update={"smtp_relay_port": port}))


async def test_one_mail_to_one_person_takes_two_packets(settings):
    async with scripted(OFFERS, b"250 a\r\n250 b\r\n354 c\r\n", b"250 kept\r\n") as (port, told, _):
        outcome = await mail(settings, port).submit(submission())
    assert outcome == base.accepted("kept")
    assert told[1] == b"MAIL FROM:<shop@halden.test>\r\nRCPT TO:<ann@example.test>\r\nDATA\r\n"
    assert told[2].endswith(b"\r\nHello\r\n..\r\n...two\r\n\r\n.\r\n")


async def test_a_copy_is_refused_and_the_mail_goes_out(settings):
    answers = (OFFERS, b"250 a\r\n250 b\r\n550 no\r\n", b"354 c\r\n", b"250 kept\r\n")
    async with scripted(*answers) as (port, told, _):
        outcome = await mail(settings, port).submit(submission("bea@example.test"))
    assert outcome == base.accepted("kept", (("bea@example.test", base.refused("RCPT: 550 no")),))
    assert told[2] == b"DATA\r\n"


async def test_nothing_is_handed_over_after_a_refusal_whatever_data_is_answered(settings):
    async with scripted(OFFERS, b"250 a\r\n550 nobody\r\n354 go on\r\n") as (port, told, over):
        outcome = await mail(settings, port).submit(submission())
        await over.wait()
    assert outcome == base.refused("RCPT: 550 nobody")
    assert told[2] == b""


async def test_a_connection_that_ends_after_a_refusal_keeps_the_refusals_words(settings):
    async with scripted(OFFERS, b"421 too busy\r\n") as (port, *_):
        sending = asyncio.create_task(mail(settings, port).submit(submission()))
        await asyncio.sleep(0)
        outcome = await sending
    assert outcome.became == "later"


@pytest.mark.parametrize("answer", [b"250 a\r\n250 b\r\n354 c\r\n250 d\r\n", b"hello\r\n", b"25\r\n"])
async def test_answers_that_nobody_can_pair_send_nothing(settings, answer):
    async with scripted(OFFERS, answer) as (port, told, _):
        outcome = await mail(settings, port).submit(submission())
    assert outcome.became == "later"
    assert told[2:] in ([], [b""])


async def test_an_answer_may_come_in_pieces_and_in_several_lines(settings):
    async with sinks.running() as sink:
        sink.extensions = ("SIZE 100000", "PIPELINING")
        sink.answer = lambda verb, line: "250-one\r\n250 two" if verb == "RCPT" else None
        sender = mail(settings, sink.port)
        assert [(await sender.submit(submission())).became for _ in range(3)] == ["accepted"] * 3
        await sender.close()
    assert (len(sink.mails), sink.sessions) == (3, 1)
    assert sink.mails[0][2].endswith(b"Hello\r\n.\r\n..two\r\n\r\n")


async def test_what_came_unasked_is_never_taken_for_an_answer(settings):
    async with sinks.running() as sink:
        sink.extensions = ("PIPELINING",)
        sink.answer = lambda verb, line: "250 ok\r\n250 and another" if verb == "END" else None
        sender = mail(settings, sink.port)
        outcomes = [(await sender.submit(submission())).became for _ in range(2)]
    assert outcomes == ["unknown", "unknown"]
    assert sink.sessions == 2
