"""Mail from files takes the very path of mail that comes in."""

import bz2
import gzip
import json
import lzma
import mailbox
import os
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from channels.adapters.email.feeding import feed
from channels.adapters.email.letters import letters
from channels.models import Conversation, Message, ReceivedMail
from core.clock import now
from core.settings import settings as read_settings
from customers.models import Suppression, TimelineEntry
from tests.channels.arriving import answer_from_us
from tests.channels.conftest import meet
from tests.channels.letters import letter

FROM_LINE = b"From ann@example.test Sat Nov 21 10:00:00 2026\n"


async def count(database, model) -> int:
    async with database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


async def fed(database, raw: bytes, source: str = "one.eml"):
    return await feed(database, read_settings(), source, raw)


async def test_a_mail_opens_a_thread_and_its_answer_joins_it(database):
    first = await fed(database, letter(text="It drips."))
    again = await fed(
        database, letter(message_id="<2@example.test>", in_reply_to="<1@example.test>", text="Still.")
    )
    assert (first.outcome, first.customer, first.sender, first.text) == (
        "new thread",
        "Ann Lee",
        "ann@example.test",
        "It drips.",
    )
    assert (again.outcome, again.conversation_id) == ("joined", first.conversation_id)
    assert await count(database, Conversation) == 1


async def test_the_same_mail_is_a_duplicate_by_whichever_way_it_comes(database):
    first = await fed(database, letter())
    again = await fed(database, letter().replace(b"\r\n", b"\n"))
    assert (again.outcome, again.message_id) == ("duplicate", "1@example.test")
    assert again.conversation_id == first.conversation_id
    assert (await count(database, Message), await count(database, ReceivedMail)) == (1, 1)


async def test_an_id_that_comes_again_with_other_words_is_let_in_and_flagged(database):
    await fed(database, letter(text="It drips."))
    other = await fed(database, letter(text="Pay me."))
    assert other.outcome == "flagged"
    assert "same Message-ID" in other.reason
    assert await count(database, Message) == 2


async def test_what_a_machine_wrote_is_told_apart(database):
    found = await fed(database, letter(Auto_Submitted="auto-replied"))
    assert (found.outcome, found.reason) == ("automated", "Auto-Submitted: auto-replied")


async def test_a_null_return_path_is_a_machines(database):
    found = await fed(database, b"Return-Path: <>\r\n" + letter())
    assert (found.outcome, found.reason) == ("automated", "null sender")


async def test_what_cannot_be_trusted_or_read_waits_in_quarantine_with_its_bytes(database):
    raw = b"Subject: Nobody\r\n\r\nWho am I?"
    found = await fed(database, raw)
    assert (found.outcome, found.reason, found.subject, found.text) == (
        "quarantined",
        "It names no sender.",
        "Nobody",
        "Who am I?",
    )
    async with database.transaction() as session:
        kept = (await session.scalars(select(ReceivedMail))).one()
        assert (kept.raw, kept.quarantined, kept.processed_at) == (raw, "It names no sender.", None)
    assert await count(database, Message) == 0


async def test_files_are_told_with_their_names_and_sizes(database):
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ann@example.test", "support@halden.test", "A picture"
    mail.set_content("See there.")
    mail.add_attachment(b"12345", "image", "png", filename="kettle.png")
    found = await fed(database, mail.as_bytes())
    assert found.attachments == [
        {
            "filename": "kettle.png",
            "content_type": "image/png",
            "size": 5,
            "sha256": sha256(b"12345").hexdigest(),
        }
    ]


def complaint(message_id: str, kind: str = "abuse") -> bytes:
    return (
        "From: <abuse@provider.test>\r\nTo: support@halden.test\r\nSubject: complaint\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSomebody pressed a button.\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\n"
        f"Feedback-Type: {kind}\r\nUser-Agent: Provider/1\r\nVersion: 1\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{message_id}>\r\nSubject: Hi\r\n\r\nHi\r\n--b--\r\n"
    ).encode()


async def our_mail(database):
    async with database.transaction() as session:
        await meet(session, "ann@example.test")
    found = await fed(database, letter())
    async with database.transaction() as session:
        message = await session.scalar(
            select(Message).where(Message.conversation_id == found.conversation_id)
        )
        return (await answer_from_us(session, message)).rfc_message_id


async def test_a_complaint_ends_news_to_that_address_and_stands_on_the_line(database):
    told = await fed(database, complaint(await our_mail(database)))
    assert told.outcome == "complaint"
    async with database.transaction() as session:
        stopped = (await session.scalars(select(Suppression))).one()
        assert (stopped.address, stopped.scope) == ("ann@example.test", "marketing")
        kinds = list(await session.scalars(select(TimelineEntry.kind)))
    assert kinds.count("message.complained") == 1
    assert await count(database, Conversation) == 1


@pytest.mark.parametrize("kind", ["not-spam", "virus", "auth-failure"])
async def test_a_report_that_means_no_harm_stops_nothing(database, kind):
    told = await fed(database, complaint(await our_mail(database), kind))
    assert told.outcome == "automated"
    assert await count(database, Suppression) == 0


async def test_a_complaint_about_a_mail_that_is_not_ours_is_let_in_to_be_read(database):
    told = await fed(database, complaint("elsewhere@other.test"))
    assert (told.outcome, told.reason) == ("complaint", "It names no mail of ours: let in to be read.")
    assert await count(database, Suppression) == 0
    assert await count(database, Message) == 1


def test_an_mbox_is_split_where_its_mails_begin_and_nowhere_else(tmp_path: Path):
    body = b"Subject: one\n\nHello\n\nFrom here on it drips.\n\n>From the start it did.\n"
    box = tmp_path / "old.mbox"
    box.write_bytes(FROM_LINE + body + b"\n" + FROM_LINE + b"Subject: two\n\nBye\n")
    assert list(letters([box])) == [
        (f"{box}#1", b"Subject: one\n\nHello\n\nFrom here on it drips.\n\nFrom the start it did.\n"),
        (f"{box}#2", b"Subject: two\n\nBye"),
    ]


def test_mails_of_an_mbox_that_stand_close_together_are_told_apart(tmp_path: Path):
    box = tmp_path / "old.mbox"
    odd = b"From me at 10:00 in 2026\nto: you\n"
    box.write_bytes(
        FROM_LINE + b"Subject: one\n\nHello\n" + odd
        + FROM_LINE + b"Subject: two\n\nBye\n"
        + FROM_LINE.replace(b"ann@example.test", b"ann at example.test ") + b"Subject: three\n\nAgain\n"
    )  # fmt: skip
    assert [raw for _, raw in letters([box])] == [
        b"Subject: one\n\nHello\n" + odd.removesuffix(b"\n"),
        b"Subject: two\n\nBye",
        b"Subject: three\n\nAgain",
    ]


def test_an_mbox_of_the_standard_library_comes_back_as_it_went_in(tmp_path: Path):
    path = tmp_path / "box"
    box = mailbox.mbox(path)
    written = [b"Subject: %d\n\nFrom me to you 10:00 2026\n\nEnd %d\n" % (i, i) for i in range(5)]
    for raw in written:
        box.add(raw)
    box.close()
    found = [raw for _, raw in letters([path]) if isinstance(raw, bytes)]
    assert [raw.rstrip(b"\n") for raw in found] == [raw.rstrip(b"\n") for raw in written]


def test_folders_and_maildirs_are_walked_in_order_and_junk_is_left_out(tmp_path: Path):
    for name in ("b/2.eml", "a/1.eml", "box/cur/3:2,S", "box/tmp/unfinished", "box/.hidden"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"Subject: " + name.encode() + b"\n\n")
    found = [Path(source).relative_to(tmp_path).as_posix() for source, _ in letters([tmp_path])]
    assert found == ["a/1.eml", "b/2.eml", "box/cur/3:2,S"]


def test_a_mail_alone_with_a_from_line_loses_that_line_only(tmp_path: Path):
    one = tmp_path / "00001.7c53336b37003a9286aba55d2945844c"
    one.write_bytes(FROM_LINE + b"Subject: one\n\n>From what I hear\n")
    assert list(letters([one])) == [(str(one), b"Subject: one\n\n>From what I hear\n")]


def test_the_command_tells_of_each_mail(settings, tmp_path: Path):
    from workers.inbound import inbound

    (tmp_path / "1.eml").write_bytes(letter(subject="Grüße ☕"))
    (tmp_path / "2.eml").write_bytes(b"\x00\xff")
    shown = CliRunner().invoke(inbound, ["feed", str(tmp_path), "--json"], catch_exceptions=False)
    assert shown.exit_code == 0
    [first, second] = [json.loads(line) for line in shown.stdout.splitlines()]
    assert (first["outcome"], first["subject"], first["customer"]) == ("new thread", "Grüße ☕", "Ann Lee")
    assert (second["outcome"], second["reason"]) == ("quarantined", "It names no sender.")
    told = CliRunner().invoke(inbound, ["feed", str(tmp_path)], catch_exceptions=False)
    assert "2 mails: " in told.stdout
    assert "1.eml: duplicate from Ann Lee: Grüße ☕" in told.stdout


def test_nothing_that_could_be_mail_is_passed_over(tmp_path: Path):
    """A folder called tmp beside no Maildir, a From line with nothing below it, words above the first one."""
    plain = {"tmp/1.eml": b"Subject: tmp\n\n", "dovecot/2.eml": b"Subject: dovecot\n\n"}
    odd = {"a.txt": FROM_LINE, "b.mbox": FROM_LINE + b"no header\n\n" + FROM_LINE + b"Subject: two\n\nBye\n"}
    for name, raw in {**plain, **odd}.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(raw)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_bytes(b"ref: main\n")
    found = {Path(source).relative_to(tmp_path).as_posix(): raw for source, raw in letters([tmp_path])}
    assert found == {**plain, "a.txt": b"", "b.mbox#1": b"no header\n", "b.mbox#2": b"Subject: two\n\nBye"}


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_mail_is_unpacked_whatever_it_is_called(tmp_path: Path, pack):
    (tmp_path / "1.eml.gz").write_bytes(pack(b"Subject: one\n\nHello\n"))
    (tmp_path / "old").write_bytes(
        pack(FROM_LINE + b"Subject: a\n\nA\n\n" + FROM_LINE + b"Subject: b\n\nB\n")
    )
    assert [raw for _, raw in letters([tmp_path])] == [
        b"Subject: one\n\nHello\n",
        b"Subject: a\n\nA\n",
        b"Subject: b\n\nB",
    ]


def test_what_cannot_be_read_is_named_and_the_others_go_on(settings, tmp_path: Path):
    from workers.inbound import inbound

    (tmp_path / "1.eml").symlink_to(tmp_path / "gone")
    (tmp_path / "2.eml").write_bytes(gzip.compress(b"Subject: cut\n\nHello")[:-6])
    os.mkfifo(tmp_path / "3.eml")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "4.eml").write_bytes(letter())
    shown = CliRunner().invoke(inbound, ["feed", str(tmp_path), "--json"])
    assert shown.exit_code == 1
    told = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [(Path(each["source"]).name, each["outcome"]) for each in told] == [
        ("1.eml", "not taken"),
        ("2.eml", "not taken"),
        ("3.eml", "not taken"),
        ("4.eml", "new thread"),
    ]
    assert told[0]["reason"] == "It is no file."
    assert told[1]["reason"].startswith("It cannot be read: ")
    assert shown.stderr == "4 mails: 3 not taken, 1 new thread.\n"


def test_mail_is_read_from_a_pipe_and_no_letter_ends_a_line(settings):
    from workers.inbound import inbound

    mail = letter(text="a\u2029b\u2028c\x85d")
    shown = CliRunner().invoke(inbound, ["feed", "-", "--json"], input=mail, catch_exceptions=False)
    assert shown.exit_code == 0
    [line] = shown.stdout.splitlines()
    told = json.loads(line)
    assert (told["source"], told["outcome"], told["text"]) == ("-", "new thread", "a\u2029b\u2028c\x85d")


def test_a_file_whose_name_is_no_text_is_named_all_the_same(settings, tmp_path: Path):
    from workers.inbound import inbound

    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.eml")).write_bytes(letter())
    shown = CliRunner().invoke(inbound, ["feed", str(tmp_path), "--json"], catch_exceptions=False)
    assert json.loads(shown.stdout)["source"] == f"{tmp_path}/caf\\xe9.eml"


def dated(date: str, subject: str) -> bytes:
    return letter(subject=subject).replace(b"Sat, 21 Nov 2026 10:00:00 +0000", date.encode())


async def placed_at(database, subject: str) -> list[datetime]:
    async with database.transaction() as session:
        entries = await session.scalars(
            select(TimelineEntry.occurred_at).where(
                TimelineEntry.kind == "message.received", TimelineEntry.payload["subject"].astext == subject
            )
        )
        return list(entries)


async def test_old_mail_stands_on_the_timeline_where_it_belongs(database):
    await fed(database, dated("Fri, 03 Mar 2017 10:00:00 +0100", subject="Old"))
    assert await placed_at(database, "Old") == [datetime(2017, 3, 3, 9, tzinfo=UTC)]


@pytest.mark.parametrize(
    "date", ["Fri, 03 Mar 2119 10:00:00 +0100", "Thu, 01 Jan 1970 00:00:00 +0000", "soon"]
)
async def test_a_date_that_cannot_be_is_now(database, date):
    before = now()
    await fed(database, dated(date, subject="Odd"))
    [at] = await placed_at(database, "Odd")
    assert before <= at <= now()


async def test_answers_that_are_fed_before_what_they_answer_stand_in_one_thread(database):
    third = await fed(
        database,
        letter(
            message_id="<3@example.test>",
            in_reply_to="<2@example.test>",
            references="<1@example.test> <2@example.test>",
        ),
    )
    second = await fed(database, letter(message_id="<2@example.test>", in_reply_to="<1@example.test>"))
    first = await fed(database, letter(message_id="<1@example.test>"))
    assert {first.conversation_id, second.conversation_id} == {third.conversation_id}
    assert [str(each.outcome) for each in (third, second, first)] == ["new thread", "joined", "joined"]
