"""The mail stand-in, spoken to by aiosmtplib and smtplib."""

import asyncio
import json
import smtplib
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from typing import cast

import aiosmtplib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.mail.mailboxes import as_json
from tests.sandbox.conftest import World


def write_mail(to: str, **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Halden <shop@halden.example>", to, "Your order — ähnlich"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Thank you.\n.\n..two dots\n")
    mail.add_alternative('<p>Thank <script>alert(1)</script><img src="cid:logo"></p>', subtype="html")
    html = mail.get_body(("html",))
    assert isinstance(html, EmailMessage)
    html.add_related(b"\x89PNG fake", "image", "png", cid="<logo>")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="invoice.pdf")
    return mail


async def test_a_mail_arrives_whole_in_every_recipients_mailbox(world: World) -> None:
    mail = write_mail("anna@whole.example", Message_ID="<one@halden.example>")
    await aiosmtplib.send(
        mail,
        sender="bounce+1@halden.example",
        recipients=["Anna@whole.example", "ben@whole.example", "ANNA@whole.example"],
        hostname="127.0.0.1",
        port=world.sandbox.smtp_port,
        start_tls=False,
    )
    (found,) = world.http.get("/api/mail", params={"to": "anna@whole.example"}).json()
    assert found["mail_from"] == "bounce+1@halden.example"
    assert found["rcpt_to"] == ["anna@whole.example", "ben@whole.example"]
    assert found["subject"] == "Your order — ähnlich"
    assert found["message_id"] == "<one@halden.example>"
    assert found["text"].splitlines() == ["Thank you.", ".", "..two dots"]
    assert "<p>Thank" in found["html"]
    assert [(each["filename"], each["content_type"], each["size"]) for each in found["attachments"]] == [
        ("part-1", "image/png", 9),
        ("invoice.pdf", "application/pdf", 8),
    ]
    raw = world.http.get(f"/api/mail/{found['id']}/raw").content
    assert message_from_bytes(raw, policy=default)["Message-ID"] == "<one@halden.example>"
    counts = world.http.get("/api/mail/counts", params={"prefix": "ben@whole"}).json()
    assert counts == {"ben@whole.example": 1}


async def test_a_broadcast_counts_one_mail_per_recipient(world: World) -> None:
    async def send(batch: range) -> None:
        async with aiosmtplib.SMTP(
            hostname="127.0.0.1", port=world.sandbox.smtp_port, start_tls=False
        ) as smtp:
            for number in batch:
                await smtp.sendmail(
                    "a@halden.example", [f"r{number}@many.example"], b"Subject: hi\r\n\r\nhi\r\n"
                )

    await asyncio.gather(*(send(range(start, start + 50)) for start in range(0, 200, 50)))
    counts = world.http.get("/api/mail/counts", params={"prefix": "r"}).json()
    assert {address: n for address, n in counts.items() if address.endswith("@many.example")} == {
        f"r{number}@many.example": 1 for number in range(200)
    }


def test_a_mails_html_is_shown_without_its_scripts_and_with_its_pictures(world: World) -> None:
    with smtplib.SMTP("127.0.0.1", world.sandbox.smtp_port) as smtp:
        smtp.send_message(write_mail("page@html.example"))
    (found,) = world.http.get("/api/mail", params={"to": "page@html.example"}).json()
    page = world.http.get(f"/mail/message/{found['id']}")
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    assert "alert(1)" not in page.text.split("Raw source")[0]
    html = world.http.get(f"/mail/message/{found['id']}/html")
    policy = html.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "script-src" not in policy
    assert '<base target="_blank">' in html.text
    assert f'src="/mail/message/{found["id"]}/parts/0?inline"' in html.text
    picture = world.http.get(f"/mail/message/{found['id']}/parts/0?inline")
    assert (picture.content, picture.headers["content-type"]) == (b"\x89PNG fake", "image/png")
    file = world.http.get(f"/mail/message/{found['id']}/parts/1")
    assert file.content == b"%PDF-1.7"
    assert file.headers["content-disposition"] == "attachment; filename*=UTF-8''invoice.pdf"


def test_hostile_words_are_escaped_on_every_page(world: World) -> None:
    with smtplib.SMTP("127.0.0.1", world.sandbox.smtp_port) as smtp:
        raw = b"From: <script>x <a@b.example>\r\nSubject: <script>y</script>\r\n\r\n<script>z</script>\r\n"
        smtp.sendmail("a@b.example", ["hostile@pages.example"], raw)
    (found,) = world.http.get("/api/mail", params={"to": "hostile@pages.example"}).json()
    for path in ("/", "/mail", "/mail/hostile@pages.example", f"/mail/message/{found['id']}"):
        page = world.http.get(path)
        assert page.status_code == 200
        assert "<script>" not in page.text
        assert "script-src 'self'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no headers at all",
        b"Subject: =?utf-8?b?!!!?=\r\nFrom: @@@ <<>>\r\nContent-Type: multipart/mixed\r\n\r\nx",
        b"Content-Type: text/plain; charset=martian\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%",
        b"Subject: \xff\xfe\x00\r\n\r\n\x00\xff",
        b"Content-Disposition: attachment; filename*=utf-9''%ff\r\nMessage-ID: <a@[b>\r\n\r\nx",
    ],
)
def test_broken_mail_is_kept_and_shown(world: World, raw: bytes) -> None:
    address = f"broken{abs(hash(raw))}@mail.example"
    with smtplib.SMTP("127.0.0.1", world.sandbox.smtp_port) as smtp:
        smtp.sendmail("a@b.example", [address], raw)
    (found,) = world.http.get("/api/mail", params={"to": address}).json()
    assert world.http.get(f"/mail/message/{found['id']}").status_code == 200
    assert world.http.get(f"/mail/{address}").status_code == 200


def test_a_reply_goes_to_reply_to_with_the_whole_thread_and_the_relays_word(world: World) -> None:
    headers = {"Reply_To": "token+abc@halden.example", "Message_ID": "<two@halden.example>"}
    with smtplib.SMTP("127.0.0.1", world.sandbox.smtp_port) as smtp:
        smtp.send_message(write_mail("carla@reply.example", **headers, References="<zero@x> <one@x>"))
    (found,) = world.http.get("/api/mail", params={"to": "carla@reply.example"}).json()
    page = world.http.get(f"/mail/message/{found['id']}").text
    assert 'name="to" value="token+abc@halden.example"' in page
    assert 'name="in_reply_to" value="&lt;two@halden.example&gt;"' in page
    assert 'name="references" value="&lt;zero@x&gt; &lt;one@x&gt; &lt;two@halden.example&gt;"' in page
    answer = world.http.post(
        "/mail/write",
        data={
            "from": "Carla <carla@reply.example>",
            "to": "token+abc@halden.example",
            "subject": "Re: Your order",
            "body": "Grüße\nCarla",
            "in_reply_to": "<two@halden.example>",
            "references": "<zero@x> <one@x> <two@halden.example>",
        },
        files={"attachments": ("photo.jpg", b"\xff\xd8jpeg", "image/jpeg")},
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/mail/carla@reply.example?sent=1")
    envelope = world.listener.mails[-1]
    mail = message_from_bytes(envelope.original_content or b"", policy=default)
    assert (envelope.mail_from, envelope.rcpt_tos) == ("carla@reply.example", ["token+abc@halden.example"])
    assert mail["In-Reply-To"] == "<two@halden.example>"
    assert mail["References"] == "<zero@x> <one@x> <two@halden.example>"
    assert mail["Authentication-Results"] == (
        f"{world.sandbox.authserv_id}; dkim=pass header.d=reply.example; spf=pass"
        " smtp.mailfrom=carla@reply.example; dmarc=pass header.from=reply.example"
    )
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().split() == ["Grüße", "Carla"]
    assert [part.get_filename() for part in mail.iter_attachments()] == ["photo.jpg"]


def test_a_forged_sender_is_reported_by_the_relay(world: World) -> None:
    written = {
        "from": "boss@bank.example",
        "to": "us@halden.example",
        "subject": "s",
        "text": "t",
        "forged": True,
    }
    sent = world.http.post("/api/mail/write", json=written)
    assert sent.status_code == 201
    mail = message_from_bytes(world.listener.mails[-1].original_content or b"", policy=default)
    assert mail["Message-ID"] == sent.json()["message_id"]
    assert "dmarc=fail header.from=bank.example" in mail["Authentication-Results"]
    assert "pass" not in mail["Authentication-Results"]


def test_a_refusal_is_told_and_the_text_kept(world: World) -> None:
    world.listener.refusal = "554 5.7.1 Not wanted"
    before = len(world.listener.mails)
    form = {"from": "a@b.example", "to": "us@halden.example", "subject": "s", "body": "my long text"}
    page = world.http.post("/mail/write", data=form)
    assert page.status_code == 422
    assert "554 5.7.1 Not wanted" in page.text
    assert "my long text" in page.text
    injected = world.http.post("/mail/write", data=form | {"subject": "x\r\nBcc: all@b.example"})
    assert injected.status_code == 422
    assert len(world.listener.mails) == before


def test_a_form_from_another_site_does_nothing(world: World) -> None:
    before = len(world.listener.mails)
    form = {"from": "a@b.example", "to": "us@halden.example", "subject": "s", "body": "b"}
    answer = world.http.post("/mail/write", data=form, headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert len(world.listener.mails) == before


def test_a_bounce_goes_to_the_envelope_sender_as_a_delivery_report(world: World) -> None:
    with smtplib.SMTP("127.0.0.1", world.sandbox.smtp_port) as smtp:
        raw = b"Message-ID: <gone@halden.example>\r\nSubject: hi\r\n\r\nhi\r\n"
        smtp.sendmail("bounce+77@halden.example", ["gone@bounce.example"], raw)
    (found,) = world.http.get("/api/mail", params={"to": "gone@bounce.example"}).json()
    world.http.post(f"/api/mail/{found['id']}/bounce").raise_for_status()
    envelope = world.listener.mails[-1]
    assert (envelope.mail_from, envelope.rcpt_tos) == ("<>", ["bounce+77@halden.example"])
    report = message_from_bytes(envelope.original_content or b"", policy=default)
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    words, status, head = report.iter_parts()
    assert "no such mailbox" in words.get_content()
    _, fields = cast(list[Message], status.get_payload())
    assert (fields["Final-Recipient"], fields["Action"], fields["Status"]) == (
        "rfc822; gone@bounce.example",
        "failed",
        "5.1.1",
    )
    assert "Message-ID: <gone@halden.example>" in head.get_content()


def test_headers_of_ones_own_can_be_written(world: World) -> None:
    written = {"from": "a@auto.example", "to": "us@halden.example", "subject": "s", "text": "away"}
    headers = {"Auto-Submitted": "auto-replied", "Message-ID": "<again@auto.example>"}
    for _ in range(2):
        world.http.post("/api/mail/write", json=written | {"headers": headers}).raise_for_status()
        mail = message_from_bytes(world.listener.mails[-1].original_content or b"", policy=default)
        assert mail.get_all("Message-ID") == ["<again@auto.example>"]
        assert mail["Auto-Submitted"] == "auto-replied"
    bad = world.http.post("/api/mail/write", json=written | {"headers": {"X-A": "b\r\nBcc: c@d.example"}})
    assert bad.status_code == 400


PIECES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [
            b"\r\n",
            b"\r\n\r\n",
            b"Content-Type: multipart/mixed; boundary=x\r\n",
            b"Content-Type: message/rfc822\r\n",
            b"Content-Type: text/html; charset=utf-7\r\n",
            b"Content-Type: image/png; name*0*=utf-8''%ff\r\n",
            b"Content-Disposition: attachment; filename=\xff\xfe\r\n",
            b"Content-Transfer-Encoding: base64\r\n",
            b"Content-ID: <\xff@[>\r\n",
            b"Subject: =?utf-8?q?=FF?= \xff\r\n",
            b"From: \xff <a@b\r\nTo: ;;,<>\r\n",
            b"--x\r\n",
            b"--x--\r\n",
        ]
    ),
)


@given(st.lists(PIECES, max_size=12).map(b"".join))
@settings(max_examples=300, deadline=None)
def test_no_bytes_keep_a_mail_from_being_read(raw: bytes) -> None:
    shown = as_json({"id": 1, "mail_from": "", "recipients": "a@b", "received_at": 0.0, "raw": raw})
    json.dumps(shown, ensure_ascii=False).encode()
