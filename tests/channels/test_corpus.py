"""Awkward mails, each with what must become of it: `corpus/THEME/NAME.eml` and its expectation `NAME.json`.

An expectation says the outcome, the sender, the subject, the text (all of it, or what it `contains` and `omits`),
the files as [name, type, size], and where it matters the reason, the HTML, the customer's name, the thread it
`joins` (an earlier mail of its theme, or one of `THREADS`), and what becomes of the mail of ours it is `about`.
"""

import json
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from channels.adapters.email.feeding import Fed, feed
from channels.adapters.email.parsing import parse
from channels.models import Conversation, Message, MessageReference, ReceivedMail
from channels.tokens import reply_address
from core.settings import settings as read_settings
from customers.models import Suppression
from tests.channels.conftest import meet

CORPUS = Path(__file__).parent / "corpus"
MAILS = sorted(CORPUS.glob("*/*.eml"))
OURS = "support@halden.test"
# Threads that stand before the first mail comes: what we wrote in them, and to whom.
THREADS = {
    "ours": (UUID("01990000-0000-7000-8000-000000000001"), "ours-1@halden.test", "ann@example.test", True),
    "bobs": (UUID("01990000-0000-7000-8000-000000000002"), "ours-2@halden.test", "bob@example.test", False),
}
Expected = dict[str, Any]


def expectation(mail: Path) -> Expected:
    found: Expected = json.loads(mail.with_suffix(".json").read_text())
    return found


def written(customer_id: UUID, to: list[str], rfc_message_id: str, conversation_id: UUID | None) -> Message:
    return Message(
        customer_id=customer_id,
        conversation_id=conversation_id,
        seq=1 if conversation_id else None,
        direction="outbound",
        channel="email",
        status="sent",
        account=OURS,
        sender=OURS,
        recipients={"to": to, "cc": []},
        subject="Your kettle",
        text="Have you tried descaling?",
        author="staff",
        rfc_message_id=rfc_message_id,
    )


async def prepare(session, abouts: list[Expected]) -> None:
    """What we had written before: two threads, and the mails that reports will be about."""
    for conversation_id, rfc_message_id, to, verified in THREADS.values():
        customer_id = await meet(session, to, verified=verified)
        session.add(
            Conversation(
                id=conversation_id,
                customer_id=customer_id,
                channel="email",
                subject="Your kettle",
                account=OURS,
                last_seq=1,
            )
        )
        await session.flush()
        await send(session, written(customer_id, [to], rfc_message_id, conversation_id))
    readers = await meet(session, "readers@reader.test")
    for about in abouts:
        await send(session, written(readers, about["to"], about["message_id"], None))


async def send(session, message: Message) -> None:
    session.add(message)
    await session.flush()
    session.add(
        MessageReference(
            rfc_message_id=message.rfc_message_id,
            conversation_id=message.conversation_id,
            message_id=message.id,
        )
    )
    await session.flush()


def differences(expected: Expected, fed: Fed, threads: dict[str, UUID | None], html: str) -> list[str]:
    """Where what became of a mail is not what must become of it."""
    got = {
        "outcome": str(fed.outcome),
        "sender": fed.sender,
        "subject": fed.subject,
        "text": fed.text,
        "customer": fed.customer,
        "attachments": [[each["filename"], each["content_type"], each["size"]] for each in fed.attachments],
    }
    found = [
        f"{name}: {value!r} instead of {expected[name]!r}"
        for name, value in got.items()
        if name in expected and expected[name] is not None and value != expected[name]
    ]
    found += [
        f"text {fed.text!r} lacks {each!r}" for each in expected.get("contains", ()) if each not in fed.text
    ]
    found += [f"text has {each!r}" for each in expected.get("omits", ()) if each in fed.text]
    found += [f"HTML {html!r} lacks {each!r}" for each in expected.get("html", ()) if each not in html]
    if expected.get("reason", "") not in fed.reason:
        found.append(f"reason: {fed.reason!r} instead of {expected['reason']!r}")
    if "joins" in expected and fed.conversation_id != threads[expected["joins"]]:
        found.append(f"it does not stand in the thread of {expected['joins']}")
    if expected["outcome"] == "new thread" and fed.conversation_id in threads.values():
        found.append("its thread is not new")
    return found


async def aftermath(session, about: Expected) -> list[str]:
    """Where the mail of ours that a report was about is not as it must be."""
    message = await session.scalar(select(Message).where(Message.rfc_message_id == about["message_id"]))
    stopped = {
        row.address: row.scope
        for row in await session.scalars(select(Suppression).where(Suppression.address.in_(about["to"])))
    }
    got = (message.status, {address: stopped.get(address) for address in about["to"]})
    wanted = (about["status"], about["suppressed"])
    return [] if got == wanted else [f"ours became {got} instead of {wanted}"]


async def test_each_mail_becomes_what_it_must_and_none_is_lost(database):
    expected = {mail: expectation(mail) for mail in MAILS}
    wrong: dict[str, list[str]] = {}
    raws: list[bytes] = []
    async with database.transaction() as session:
        await prepare(session, [each["about"] for each in expected.values() if "about" in each])
    for theme in sorted({mail.parent for mail in MAILS}):
        threads: dict[str, UUID | None] = {name: thread[0] for name, thread in THREADS.items()}
        for mail in sorted(theme.glob("*.eml")):
            raw = mail.read_bytes()
            started = time.process_time()
            fed = await feed(database, read_settings(), mail.name, raw)
            took = time.process_time() - started
            if fed.reason != "The same mail was taken before.":
                raws.append(raw)
            want = expected[mail]
            html = (parse(raw).html or "") if "html" in want else ""
            found = differences(want, fed, threads, html)
            threads[mail.stem] = fed.conversation_id or threads.get(mail.stem)
            if took > 2:
                found.append(f"it took {took:.1f} s")
            if "about" in want:
                async with database.transaction() as session:
                    found += await aftermath(session, want["about"])
            if found:
                wrong[f"{theme.name}/{mail.stem}"] = found
    assert wrong == {}, "\n".join(f"{name}: {'; '.join(found)}" for name, found in wrong.items())
    async with database.transaction() as session:
        kept = list(await session.scalars(select(ReceivedMail.raw)))
    assert set(kept) == set(raws)  # one of them came to two mailboxes


HEAD = b"From: ann@example.test\r\nTo: support@halden.test\r\nMessage-ID: <%s@large.test>\r\n"
MIXED = b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"


def large() -> dict[str, bytes]:
    """Mails too large to keep: each must be let in, with what it says, or wait with a reason."""
    part = b"--b\r\nContent-Type: application/x-y; name=%d.bin\r\n\r\nx\r\n"
    first = b"--b\r\n\r\nIt drips.\r\n"
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=n%d\r\n\r\n--n%d\r\n" % (level, level)
        for level in range(500)
    )
    return {
        "10,000 parts": HEAD % b"parts"
        + MIXED
        + first
        + b"".join(part % i for i in range(10_000))
        + b"--b--\r\n",
        "10,000 alternatives": HEAD % b"forms"
        + MIXED.replace(b"mixed", b"alternative")
        + first
        + b"--b\r\nContent-Type: text/html\r\n\r\n<p>x\r\n" * 10_000,
        "nested 500 deep": HEAD % b"deep" + nested + b"\r\nIt drips.\r\n",
        "a subject of 200 kB": HEAD % b"subject"
        + b"Subject: "
        + b"It drips " * 22_000
        + b"\r\n\r\nIt drips.\r\n",
        "20,000 references": HEAD % b"ids"
        + b"References: "
        + b"\r\n ".join(b"<%d@x.test>" % i for i in range(10_000))
        + b"\r\n\r\nIt drips.\r\n",
        "a line of 2 MB": HEAD % b"line" + b"\r\nIt drips." + b"x" * 2_000_000 + b"\r\n",
        "bytes of no charset": HEAD % b"bytes" + b"\r\nIt drips.\r\n" + bytes(range(128, 256)) * 8_000,
        "begins without end": HEAD % b"begin" + b"\r\nIt drips.\r\n" + b"begin 644 x\r\n#(\r\n" * 30_000,
        "quotes without end": HEAD % b"quotes" + b"Cc: " + b'\\"' * 8_000 + b"\r\n\r\nIt drips.\r\n",
        "signs without end": HEAD % b"signs" + b"Cc: <" + b"@" * 16_000 + b">\r\n\r\nIt drips.\r\n",
        "spaces without end": HEAD % b"spaces" + b"Cc: <a@" + b" " * 16_000 + b">\r\n\r\nIt drips.\r\n",
    }


async def test_large_mails_are_read_or_wait_and_are_kept_byte_for_byte(database):
    became = {name: await feed(database, read_settings(), name, raw) for name, raw in large().items()}
    assert {name: str(fed.outcome) for name, fed in became.items()} == dict.fromkeys(large(), "new thread")
    read = {name for name, fed in became.items() if fed.text.startswith("It drips.")}
    assert read == set(large()) - {"nested 500 deep"}
    assert len(became["10,000 parts"].attachments) == 199
    async with database.transaction() as session:
        kept = list(await session.scalars(select(ReceivedMail.raw)))
    assert sorted(kept) == sorted(large().values())


RELAY = "mx-test.sandbox.test"
ANN = "From: Ann Lee <ann@example.test>"
PASS = f"Authentication-Results: {RELAY}; dmarc=pass header.from=example.test"
EVE = PASS.replace("example.test", "evil.test")


def spoofs() -> list[tuple[str, str]]:
    """(what stands above the author's line and that line itself, what stands below): Eve would be Ann."""
    results = [
        "none",
        "dmarc=fail header.from=example.test",
        "dmarc=none header.from=example.test",
        "dmarc=temperror header.from=example.test",
        "dmarc=pass header.from=evil.test",
        "dmarc=pass header.from=mail.example.test",
        "dmarc=pass header.from=example.test.evil.test",
        "dmarc=pass",
        "dkim=fail header.d=example.test",
        "dkim=pass header.d=evil.test",
        "dkim=pass header.d=test",
        "dkim=pass header.d=ample.test",
        "dkim=pass header.i=@evil.test header.s=example.test",
        "spf=pass smtp.mailfrom=ann@example.test",
        "arc=pass header.from=example.test",
        "iprev=pass policy.iprev=192.0.2.1",
        "dmarc=fail (dmarc=pass header.from=example.test) header.from=example.test",
        'spf=pass smtp.mailfrom="; dmarc=pass header.from=example.test"',
        'spf=pass smtp.mailfrom="a\\"; dmarc=pass header.from=example.test; x="',
        "spf=pass (\\); dmarc=pass header.from=example.test )",
        "dmarc=fail dmarc=pass header.from=example.test",
        "dkim=pass header.d=evil.test header.d=example.test",
    ]
    found = [(f"Authentication-Results: {RELAY}; {result}\r\n{ANN}", "") for result in results]
    found += [
        (ANN, ""),
        (ANN, PASS),
        (PASS.replace(RELAY, "mx.evil.test") + "\r\n" + ANN, ""),
        (PASS.replace(RELAY, RELAY + ".evil.test") + "\r\n" + ANN, ""),
        (EVE + '\r\nFrom: "ann@example.test" <eve@evil.test>', ""),
        (PASS + "\r\n" + ANN + "\r\nFrom: eve@evil.test", ""),
        (PASS + "\r\n" + ANN + ", eve@evil.test", ""),
        (EVE + "\r\nFrom: Ann <ann@example.test> <eve@evil.test>", ""),
    ]
    return found


async def test_of_three_hundred_spoofed_replies_none_joins(database):
    thread, answered, _, _ = THREADS["ours"]
    async with database.transaction() as session:
        await prepare(session, [])
    token = reply_address(read_settings(), OURS, thread)
    ways = [
        f"In-Reply-To: <{answered}>",
        f"References: <{answered}>",
        f"In-Reply-To: {answered}",
        f"References: <a@b.test> <{answered}> <c@d.test>",
        f"Message-ID: <{answered}>",
        f"To: {token}",
        f"Cc: {token}",
        f"Delivered-To: {token}",
        f"X-Original-To: {token.upper()}",
        f"To: {token}\r\nIn-Reply-To: <{answered}>\r\nSubject: Re: Your kettle",
    ]
    dated = "Date: Sat, 21 Nov 2026 10:00:00 +0000"
    raws = [
        "\r\n".join([*filter(None, [above, way, below, dated]), "", f"Pay Eve, {n}.{m}", ""]).encode()
        for n, (above, below) in enumerate(spoofs())
        for m, way in enumerate(ways)
    ]
    assert len(set(raws)) == 300
    became = [await feed(database, read_settings(), f"{number}", raw) for number, raw in enumerate(raws)]
    assert {(str(fed.outcome), fed.reason[:13]) for fed in became} == {("quarantined", "Forged reply?")}
    async with database.transaction() as session:
        assert (
            len(list(await session.scalars(select(Message.id).where(Message.conversation_id == thread)))) == 1
        )


def test_every_mail_says_what_must_become_of_it():
    assert len(MAILS) >= 150
    assert {each.with_suffix("") for each in MAILS} == {
        each.with_suffix("") for each in CORPUS.glob("*/*.json")
    }
    for mail in MAILS:
        assert {"outcome", "sender", "subject", "attachments"} <= set(expectation(mail)), mail


def test_no_mail_costs_the_parser_two_seconds():
    for mail, raw in [*((mail.name, mail.read_bytes()) for mail in MAILS), *large().items()]:
        started = time.thread_time()
        assert not parse(raw).broken, mail
        assert time.thread_time() - started < 2, mail
