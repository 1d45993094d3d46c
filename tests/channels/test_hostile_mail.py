"""Mails made to be costly: each is read, or refused with a reason, within a bound, and holds up nobody."""

import asyncio
import subprocess
import sys
import time
from typing import Any

import pytest
from sqlalchemy import select

from channels.adapters.email import isolation, reading
from channels.adapters.email.arrivals import store
from channels.adapters.email.isolation import Reader, parse_apart
from channels.adapters.email.parsing import MAX_LINES, parse
from channels.html import clean as harmless
from channels.models import Message, ReceivedMail
from core.errors import TransientError
from core.jobs import JobRow, decode

PLAIN = b"From: ann@example.test\r\nMessage-ID: <1@example.test>\r\n"


def html(content: str) -> bytes:
    return PLAIN + b"Content-Type: text/html\r\n\r\n" + content.encode()


COSTLY = {
    "a sender without an address": b"From: " + b"\r\n ".join([b"a" * 900] * 1100) + b"\r\n\r\nhi",
    "a sender of at signs": b"From: " + b"\r\n ".join([b"a@" * 450 + b'"'] * 1100) + b"\r\n\r\nhi",
    "a sender of brackets": b"From: " + b"\r\n ".join([b"(" * 900] * 1100) + b"\r\n\r\nhi",
    "encoded words": PLAIN + b"Subject: " + b"\r\n ".join([b"=?utf-8?q?a?="] * 40_000) + b"\r\n\r\nhi",
    "open encoded words": PLAIN + b"Subject: " + b"=?a?q?" * 100_000 + b"\r\n\r\nhi",
    "parameters": PLAIN + b"Content-Type: text/plain" + b';a="' * 200_000 + b"\r\n\r\nhi",
    "many headers": PLAIN + b"To: a@b.test\r\n" * 200_000 + b"\r\nhi",
    "nested tables": html("<table>" * 70_000),
    "closed tables": html(("<table><tr><td>" * 60 + "</td></tr></table>" * 60) * 250),
    "cells": html("<table>" + "<tr><td>a<td>b" * 30_000),
    "brackets": html("<" * 1_000_000),
    "open styles": html("<style>" * 100_000),
    "distinct bold": html("".join(f"<b a={i}>" for i in range(60_000))),
    "bold in each paragraph": html("".join(f"<b a={i}>" for i in range(200)) + "<p>x" * 30_000),
    "open divisions": html("<div>" * 100_000),
    "numbers": html("&#" + "9" * 500_000 + ";"),
    "nested parts": PLAIN
    + b"Content-Type: multipart/mixed; boundary=a0\r\n\r\n"
    + b"".join(
        b"--a%d\r\nContent-Type: multipart/mixed; boundary=a%d\r\n\r\n" % (i, i + 1) for i in range(200)
    )
    + b"a\r\n" * 200_000,
    "empty lines": PLAIN + b"\r\n" * (MAX_LINES + 10),
}


@pytest.fixture(scope="module")
def reader():
    reader = Reader()
    yield reader
    reader.stop()


@pytest.mark.parametrize("raw", COSTLY.values(), ids=COSTLY.keys())
def test_no_mail_costs_more_than_its_bound(reader, raw):
    reader.parse(PLAIN + b"\r\nhi")  # it runs
    started = time.monotonic()
    parsed = reader.parse(raw)
    assert time.monotonic() - started < isolation.PATIENCE  # it ends by its budget, not by our patience
    assert parsed.broken or parsed.senders <= 2
    if parsed.html is not None:  # what is kept is cheap to show
        started = time.process_time()
        harmless(parsed.html)
        assert time.process_time() - started < 1


def test_costly_html_costs_the_html_and_not_the_mail(reader):
    parsed = reader.parse(html("Hello <b>you</b>" + "".join(f"<b a={i}>" for i in range(60_000))))
    assert (parsed.broken, parsed.html, parsed.sender) == ("", None, "ann@example.test")
    assert parsed.text == "Hello you"


def test_a_mail_of_the_full_size_is_read_within_the_bounds(reader):
    body = (b"QUJD" * 19 + b"\r\n") * 310_000
    head = PLAIN + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhi\r\n--x\r\n"
    head += b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    parsed = reader.parse(head + body + b"--x--\r\n")
    assert (parsed.broken, parsed.text, len(parsed.files[0].content)) == ("", "hi", 57 * 310_000)


def test_a_sender_that_was_cut_is_not_the_only_one():
    raw = b"From: ann@example.test (" + b"a " * 10_000 + b"), eve@evil.test\r\n\r\nhi"
    assert parse(raw).senders == 2


def test_a_costly_mail_costs_none_of_those_that_are_read_with_it_anything(reader):
    plain = [PLAIN + b"\r\nhi %d" % number for number in range(4)]
    raws = [plain[0], COSTLY["distinct bold"], plain[1], COSTLY["brackets"], plain[2], b"", plain[3]]
    parsed = reader.parse_all(raws)
    assert [each.text for each in parsed if each.text.startswith("hi")] == ["hi 0", "hi 1", "hi 2", "hi 3"]
    assert len(parsed) == len(raws)
    assert parsed[1].html is None


def test_a_process_that_keeps_too_much_memory_makes_room_for_another(reader, monkeypatch):
    reader.parse(PLAIN + b"\r\nhi")
    first = reader._process.pid
    reader.parse(PLAIN + b"\r\nhi")
    assert reader._process.pid == first
    monkeypatch.setattr(isolation, "MAILS_A_PROCESS", 1)
    assert reader.parse(PLAIN + b"\r\nhi").text == "hi"
    assert reader._process is None
    assert [each.text for each in reader.parse_all([PLAIN + b"\r\nhi"] * 3)] == ["hi"] * 3


def test_a_process_that_ends_for_another_reason_is_nothing_that_a_mail_did(reader):
    reader.parse(PLAIN + b"\r\nhi")
    reader._process.kill()
    with pytest.raises(TransientError):
        reader.parse(PLAIN + b"\r\nhi")
    assert reader.parse(PLAIN + b"\r\nhi").text == "hi"


async def test_the_loop_runs_on_while_a_costly_mail_is_read():
    await parse_apart(PLAIN + b"\r\nhi")
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.02)
            ticks += 1

    ticking = asyncio.create_task(tick())
    parsed = await parse_apart(COSTLY["distinct bold"])
    ticking.cancel()
    assert parsed.sender == "ann@example.test"
    assert ticks > 20


async def test_a_mail_that_costs_too_much_waits_in_quarantine_with_its_raw_form(
    database, settings, monkeypatch
):
    monkeypatch.setattr(isolation, "PATIENCE", 0.0)
    raw = PLAIN + b"\r\n" + b"hello\r\n" * 100_000
    async with database.transaction() as session:
        await store(session, {"support@halden.test"}, "ann@example.test", ["support@halden.test"], raw)
    async with database.transaction() as session:
        job: Any = decode(*(await session.execute(select(JobRow.tag, JobRow.payload))).one())
        await reading.read_mail(session, job, settings)
    async with database.transaction() as session:
        [mail] = await session.scalars(select(ReceivedMail))
        assert mail.quarantined == "It is not a readable mail: reading it takes too long or too much memory"
        assert (mail.raw, mail.processed_at) == (raw, None)
        assert list(await session.scalars(select(Message))) == []


def test_the_process_that_reads_mail_carries_only_what_that_takes():
    loaded = (
        "import sys, channels.adapters.email.cell; print(*{name.partition('.')[0] for name in sys.modules})"
    )
    said = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout
    assert {"asyncio", "pydantic", "sqlalchemy", "flufl", "ssl"}.isdisjoint(said.split())
