"""Mail that providers post: signature first, kept before it is answered, and then the road of every mail."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr, ValidationError
from sqlalchemy import func, select

from channels.adapters.email.reading import ReadMail, read_mail
from channels.models import Attachment, Conversation, Message, ReceivedMail
from channels.tokens import reply_address
from core.jobs import JobRow
from core.settings import Settings
from core.webhooks import ReceivedWebhook
from portal.webhooks_mail import MAX_SIZE
from tests.channels.letters import letter
from tests.portal.conftest import _apps

KEY = "key-3ax6xnjp29jd6fds4gc373sgvjxteol0"
OURS = generate_private_key(SECP256R1())
PUBLIC = base64.b64encode(
    OURS.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()
TOKEN = "e0b5477167110d68991efc6b9f89f0a11066af27834600e123"
RAW = letter()
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.fixture(autouse=True)
def doors(app):
    """The application with both doors open."""
    [own] = [own for own, made in _apps.values() if made is app]
    own.__dict__.update(mailgun_signing_key=SecretStr(KEY), sendgrid_public_key=PUBLIC)
    return own


@pytest.fixture
def rows(app):
    async def count() -> tuple[int, int, int]:
        async with app.state.database.transaction() as session:
            kept = [
                await session.scalar(select(func.count()).select_from(model)) or 0
                for model in (ReceivedWebhook, ReceivedMail)
            ]
            jobs = await session.scalar(
                select(func.count()).select_from(JobRow).where(JobRow.tag == "channels.read_mail")
            )
        return kept[0], kept[1], jobs or 0

    return count


@pytest.fixture
def let_in(app, settings):
    """Read what was kept, as a worker does; the messages, oldest first."""

    async def read() -> list[Any]:
        async with app.state.database.transaction() as session:
            for mail_id in list(await session.scalars(select(ReceivedMail.id).order_by(ReceivedMail.id))):
                await read_mail(session, ReadMail(mail_id), settings)
            assert list(await session.scalars(select(ReceivedMail.quarantined))) == [None] * (
                await session.scalar(select(func.count()).select_from(ReceivedMail)) or 0
            )
            return list(await session.scalars(select(Message).order_by(Message.created_at, Message.id)))

    return read


def mailgun(
    fields: dict[str, Any], token: str = TOKEN, at: int | None = None, key: str = KEY
) -> dict[str, str | bytes]:
    timestamp = str(int(time.time()) if at is None else at)
    signature = hmac.new(key.encode(), (timestamp + token).encode(), hashlib.sha256).hexdigest()
    envelope = {"sender": "ann@example.test", "recipient": "support@halden.test"}
    return {**envelope, **fields, "timestamp": timestamp, "token": token, "signature": signature}


def multipart(
    fields: dict[str, str | bytes], files: dict[str, tuple[str, str, bytes]] | None = None
) -> tuple[bytes, str]:
    """A form as HTTP clients write it, and its Content-Type."""
    parts = []
    for name, value in fields.items():
        content = value if isinstance(value, bytes) else value.encode()
        parts.append(b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (name.encode(), content))
    for name, (filename, kind, content) in (files or {}).items():
        head = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"\r\nContent-Type: {kind}'
        parts.append(head.encode() + b"\r\n\r\n" + content)
    inside = b"".join(b"--xYzZY\r\n%s\r\n" % part for part in parts)
    return inside + b"--xYzZY--\r\n", "multipart/form-data; boundary=xYzZY"


def sendgrid(
    fields: dict[str, str | bytes],
    files: dict[str, tuple[str, str, bytes]] | None = None,
    at: int | None = None,
) -> tuple[bytes, dict[str, str]]:
    """A body and its headers, signed."""
    envelope = json.dumps({"to": ["support@halden.test"], "from": "ann@example.test"})
    body, kind = multipart({"envelope": envelope, **fields}, files)
    timestamp = str(int(time.time()) if at is None else at)
    signature = base64.b64encode(OURS.sign(timestamp.encode() + body, ECDSA(SHA256()))).decode()
    return body, {
        "Content-Type": kind,
        "X-Twilio-Email-Event-Webhook-Signature": signature,
        "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
    }


async def post_mailgun(client, form: dict[str, str | bytes], path: str = "/webhooks/mailgun/mime") -> Any:
    return await client.post(
        path, content=urlencode(form), headers={"Content-Type": "application/x-www-form-urlencoded"}
    )


# Whole mails


async def test_a_raw_mail_from_mailgun_is_kept_byte_for_byte_before_it_is_answered(app, client, rows):
    response = await post_mailgun(client, mailgun({"body-mime": RAW}))
    assert (response.status_code, response.content) == (200, b"")
    assert await rows() == (1, 1, 1)
    async with app.state.database.transaction() as session:
        [mail] = await session.scalars(select(ReceivedMail))
        assert (mail.raw, mail.mailbox, mail.vouched_by) == (RAW, "support@halden.test", "")
        assert (mail.mail_from, mail.rcpt_to) == ("ann@example.test", ["support@halden.test"])


async def test_a_raw_mail_from_sendgrid_is_kept_byte_for_byte_whatever_its_charset(app, client, rows):
    raw = RAW.replace(b"It drips.", "Er tropft, größer als gestern.".encode("latin-1"))
    body, headers = sendgrid({"email": raw, "charsets": '{"from": "UTF-8"}'})
    response = await client.post("/webhooks/sendgrid", content=body, headers=headers)
    assert response.status_code == 200
    assert await rows() == (1, 1, 1)
    async with app.state.database.transaction() as session:
        [mail] = await session.scalars(select(ReceivedMail))
        assert (mail.raw, mail.vouched_by) == (raw, "")


async def test_the_word_of_a_relay_that_a_posted_mail_brings_along_proves_nothing(client, let_in):
    await post_mailgun(client, mailgun({"body-mime": RAW}))
    [message] = await let_in()
    assert b"dmarc=pass" in RAW
    assert (message.verified, message.sender, message.text) == (False, "ann@example.test", "It drips.")


async def test_the_same_call_fifty_times_at_once_is_one_mail(client, rows, let_in):
    form = mailgun({"body-mime": RAW})
    body, headers = sendgrid({"email": letter(message_id="<2@example.test>")})
    responses = await asyncio.gather(
        *(post_mailgun(client, form) for _ in range(25)),
        *(client.post("/webhooks/sendgrid", content=body, headers=headers) for _ in range(25)),
    )
    assert {response.status_code for response in responses} == {200}
    assert await rows() == (2, 2, 2)
    assert len(await let_in()) == 2


async def test_a_mail_that_is_handed_over_again_in_another_call_is_one_message(client, rows, let_in):
    assert (await post_mailgun(client, mailgun({"body-mime": RAW}))).status_code == 200
    assert (await post_mailgun(client, mailgun({"body-mime": RAW}, token="f" * 50))).status_code == 200
    body, headers = sendgrid({"email": RAW})
    assert (await client.post("/webhooks/sendgrid", content=body, headers=headers)).status_code == 200
    assert await rows() == (3, 1, 1)
    assert len(await let_in()) == 1


async def test_an_answer_to_our_token_joins_its_thread(app, client, settings, let_in):
    await post_mailgun(client, mailgun({"body-mime": RAW}))
    await let_in()
    async with app.state.database.transaction() as session:
        [conversation] = await session.scalars(select(Conversation))
    address = reply_address(settings, "support@halden.test", conversation.id)
    answer = letter(message_id="<2@example.test>", text="Still.")
    form = mailgun(
        {"body-mime": answer, "recipient": address.replace("@halden", "@in.halden")}, token="2" * 50
    )
    assert (await post_mailgun(client, form)).status_code == 200
    first, second = await let_in()
    assert second.conversation_id == first.conversation_id == conversation.id


# Refusals


def tampered(**changes: str | bytes) -> dict[str, str | bytes]:
    return {**mailgun({"body-mime": RAW}), **changes}


@pytest.mark.parametrize(
    "form",
    [
        {"body-mime": RAW},
        tampered(signature=""),
        tampered(signature="0" * 64),
        tampered(signature="größer"),
        tampered(token="another"),
        tampered(timestamp=str(int(time.time()) + 1)),
        mailgun({"body-mime": RAW}, key=""),
        mailgun({"body-mime": RAW}, key="another"),
        mailgun({"body-mime": RAW}, token=""),
        mailgun({"body-mime": RAW}, at=int(time.time()) - 10 * 3600),
        mailgun({"body-mime": RAW}, at=int(time.time()) + 3600),
        mailgun({"body-mime": RAW}, at=-1),
        mailgun({"body-mime": RAW}, at=10**10 - 1),
        mailgun({"body-mime": RAW}, at=10**11 - 1),
        mailgun({"body-mime": RAW}, at=10**12 - 1),
        mailgun({"body-mime": RAW}, at=10**20),
    ],
)
async def test_a_forged_or_stale_call_of_mailgun_leaves_not_one_row(client, rows, form):
    assert (await post_mailgun(client, form)).status_code == 403
    assert await rows() == (0, 0, 0)


async def test_a_signature_that_was_used_does_not_let_another_mail_in(client, rows):
    form = mailgun({"body-mime": RAW})
    assert (await post_mailgun(client, form)).status_code == 200
    assert (await post_mailgun(client, {**form, "body-mime": letter(text="Pay here.")})).status_code == 403
    assert await rows() == (1, 1, 1)


@pytest.mark.parametrize(
    "kind", ["no signature", "another's", "no base64", "altered", "stale", "no time", "beyond all years"]
)
async def test_a_forged_or_stale_call_of_sendgrid_leaves_not_one_row(client, rows, kind):
    moments = {"stale": int(time.time()) - 5 * 86400, "beyond all years": 10**12 - 1}
    body, headers = sendgrid({"email": RAW}, at=moments.get(kind))
    signature = "X-Twilio-Email-Event-Webhook-Signature"
    match kind:
        case "no signature":
            del headers[signature]
        case "another's":
            stranger = generate_private_key(SECP256R1()).sign(body, ECDSA(SHA256()))
            headers[signature] = base64.b64encode(stranger).decode()
        case "no base64":
            headers[signature] = "!"
        case "altered":
            body = body.replace(b"It drips.", b"Pay here.")
        case "no time":
            headers["X-Twilio-Email-Event-Webhook-Timestamp"] = ""
    response = await client.post("/webhooks/sendgrid", content=body, headers=headers)
    assert response.status_code == 403
    assert await rows() == (0, 0, 0)


@pytest.mark.parametrize("path", ["/webhooks/mailgun", "/webhooks/mailgun/mime", "/webhooks/sendgrid"])
async def test_a_door_that_nobody_opened_is_not_there(client, rows, doors, path):
    doors.__dict__.update(mailgun_signing_key=None, sendgrid_public_key=None)
    body, headers = sendgrid({"email": RAW})
    assert (await client.post(path, content=body, headers=headers)).status_code == 404
    assert (await post_mailgun(client, mailgun({"body-mime": RAW}, key=""), path)).status_code == 404
    doors.__dict__.update(mailgun_signing_key=SecretStr(""), sendgrid_public_key="")
    assert (await post_mailgun(client, mailgun({"body-mime": RAW}, key=""), path)).status_code == 404
    assert await rows() == (0, 0, 0)


@pytest.mark.parametrize("path", ["/webhooks/mailgun/mime", "/webhooks/sendgrid"])
async def test_a_call_beyond_the_limit_is_refused(client, rows, path):
    response = await client.post(path, content=b"a" * (MAX_SIZE + 1), headers={"Content-Type": "text/plain"})
    assert response.status_code == 413
    assert await rows() == (0, 0, 0)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe=\x00", b"&".join(b"a=1" for _ in range(5000)), b"--x\r\n"])
@pytest.mark.parametrize(
    "kind",
    ["", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x"],
)
async def test_a_broken_body_is_refused(client, rows, body, kind):
    headers = {"Content-Type": kind}
    assert (await client.post("/webhooks/mailgun", content=body, headers=headers)).status_code == 403
    assert (await client.post("/webhooks/sendgrid", content=body, headers=headers)).status_code == 403
    assert await rows() == (0, 0, 0)


async def test_a_signed_form_without_a_mail_is_refused_and_nothing_kept(client, rows):
    assert (await post_mailgun(client, mailgun({}))).status_code == 422
    assert (await post_mailgun(client, mailgun({"body-mime": " \n"}))).status_code == 422
    stored = {"body-plain": "x", "attachments": '[{"url": "https://…"}]'}
    assert (await post_mailgun(client, mailgun(stored))).status_code == 422
    body, headers = sendgrid({"text": "x"})
    assert (await client.post("/webhooks/sendgrid", content=body, headers=headers)).status_code == 422
    assert await rows() == (0, 0, 0)


def test_a_key_that_is_none_is_refused_at_the_start(settings):
    facts = settings.model_dump(exclude_none=True)
    assert Settings(**{**facts, "sendgrid_public_key": PUBLIC}).sendgrid_public_key == PUBLIC
    for wrong in ("MFkw", "no base64!", base64.b64encode(b"x" * 91).decode()):
        with pytest.raises(ValidationError, match="not the public key"):
            Settings(**{**facts, "sendgrid_public_key": wrong})


# Mails taken to pieces

HEADERS = [
    ["Received", "by mx.mailgun.test with SMTP; Sun, 22 Nov 2026 10:00:00 +0000"],
    ["From", "Zoë Lee <ann@example.test>"],
    ["To", "support@halden.test, Bob <bob@example.test>"],
    ["Subject", "Größe der Mühle"],
    ["Message-Id", "<7@example.test>"],
    ["References", "<5@example.test>\r\n <6@example.test>"],
    ["Date", "Sun, 22 Nov 2026 10:00:00 +0000"],
    ["Mime-Version", "1.0"],
    ["Content-Type", 'multipart/mixed; boundary="gone"'],
    ["Auto-Submitted", "no"],
]


async def test_mailguns_pieces_become_the_mail_that_they_were(app, client, let_in):
    fields = {
        "message-headers": json.dumps(HEADERS),
        "body-plain": "Sie ist zu groß.\r\n\r\n> Welche?\r\n",
        "body-html": '<p>Sie ist zu groß.</p><img src="cid:pic@x">',
        "stripped-text": "Sie ist zu groß.",
        "attachment-count": "2",
        "content-id-map": json.dumps({"<pic@x>": "attachment-1"}),
    }
    files = {
        "attachment-1": ("pic.png", "image/png", PICTURE),
        "attachment-2": ("Größe.pdf", "application/pdf", b"%PDF-1.7\r\n--xY\r\n" + bytes(range(256))),
    }
    body, kind = multipart(mailgun(fields), files)
    response = await client.post("/webhooks/mailgun", content=body, headers={"Content-Type": kind})
    assert response.status_code == 200
    [message] = await let_in()
    assert (message.subject, message.sender_name) == ("Größe der Mühle", "Zoë Lee")
    assert message.recipients == {"to": ["support@halden.test", "bob@example.test"], "cc": []}
    assert (message.text, message.rfc_message_id) == ("Sie ist zu groß.\n\n> Welche?", "7@example.test")
    assert "zu groß.</p>" in message.html
    async with app.state.database.transaction() as session:
        kept = list(await session.scalars(select(Attachment).order_by(Attachment.id)))
        assert [(each.filename, each.content_type, each.size, each.content_id) for each in kept] == [
            ("pic.png", "image/png", len(PICTURE), "pic@x"),
            ("Größe.pdf", "application/pdf", len(files["attachment-2"][2]), None),
        ]
        [mail] = await session.scalars(select(ReceivedMail))
        # The standard library reads the same.
        told = message_from_bytes(mail.raw, policy=policy.default)
        assert [part.get_content_type() for part in told.walk()] == [
            "multipart/mixed",
            "multipart/alternative",
            "text/plain",
            "text/html",
            "image/png",
            "application/pdf",
        ]
        assert [part.get_content() for part in told.iter_attachments()][-1] == files["attachment-2"][2]
        assert not told.defects


async def test_the_same_pieces_are_the_same_mail(client, rows):
    fields = {"message-headers": json.dumps(HEADERS), "body-plain": "Hi"}
    for token in ("1" * 50, "2" * 50):
        response = await post_mailgun(client, mailgun(fields, token=token), "/webhooks/mailgun")
        assert response.status_code == 200
    assert await rows() == (2, 1, 1)


async def test_sendgrids_pieces_become_the_mail_that_they_were_in_the_charsets_that_it_names(
    app, client, let_in
):
    headers = (
        "Received: by mx.sendgrid.test\n\twith SMTP; Sun, 22 Nov 2026\n"
        "From: =?utf-8?q?Zo=C3=AB?= Lee <ann@example.test>\nTo: support@halden.test\n"
        'Subject: Mill\nMessage-ID: <8@example.test>\nContent-Type: multipart/mixed; boundary="gone"\n'
    )
    fields: dict[str, str | bytes] = {
        "headers": headers,
        "text": "Größe".encode("latin-1"),
        "html": "<b>Größe</b>",
        "charsets": json.dumps({"text": "iso-8859-1", "html": "UTF-8", "subject": "UTF-8"}),
        "attachments": "1",
        "attachment-info": json.dumps(
            {"attachment1": {"filename": "pic.png", "type": "image/png", "content-id": "ii_1"}}
        ),
        "dkim": "{@example.test : pass}",
        "SPF": "pass",
    }
    body, signed = sendgrid(fields, {"attachment1": ("pic.png", "image/png", PICTURE)})
    assert (await client.post("/webhooks/sendgrid", content=body, headers=signed)).status_code == 200
    [message] = await let_in()
    assert (message.sender_name, message.subject, message.text) == ("Zoë Lee", "Mill", "Größe")
    assert (message.html, message.verified) == ("<b>Größe</b>", False)
    async with app.state.database.transaction() as session:
        [file] = await session.scalars(select(Attachment))
        assert (file.filename, file.size, file.content_id) == ("pic.png", len(PICTURE), "ii_1")


async def test_headers_of_a_piece_cannot_break_out_of_their_line(app, client, let_in):
    headers = [
        ["From", "ann@example.test"],
        ["Subject", "Hi\r\nBcc: eve@evil.test\r\n\r\nbody"],
        ["X-Bad\r\nReply-To", "eve@evil.test"],
        ["Message-Id", "<9@example.test>"],
        ["only one"],
    ]
    fields = {"message-headers": json.dumps(headers), "body-plain": "Hi"}
    assert (await post_mailgun(client, mailgun(fields), "/webhooks/mailgun")).status_code == 200
    [message] = await let_in()
    assert (message.subject, message.text) == ("Hi Bcc: eve@evil.test body", "Hi")
    async with app.state.database.transaction() as session:
        [mail] = await session.scalars(select(ReceivedMail))
        told = message_from_bytes(mail.raw, policy=policy.compat32)
        assert sorted(told.keys()) == sorted(
            ["From", "Subject", "Message-Id", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"]
        )


async def test_a_report_stays_a_report(app, client, let_in):
    headers = [*HEADERS[:8], ["Content-Type", "multipart/report; report-type=delivery-status; boundary=x"]]
    fields = {"message-headers": json.dumps(headers), "body-plain": "It did not arrive.", "sender": ""}
    status = b"Reporting-MTA: dns; mx.test\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    body, kind = multipart(mailgun(fields), {"attachment-1": ("", "message/delivery-status", status)})
    response = await client.post("/webhooks/mailgun", content=body, headers={"Content-Type": kind})
    assert response.status_code == 200
    [message] = await let_in()
    assert message.automated
