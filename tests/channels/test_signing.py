"""DKIM: what we sign, another implementation verifies; what is changed on the way, it does not."""

import base64
from uuid import uuid4

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from channels import base
from channels.adapters.email.outgoing import Mail
from channels.adapters.email.signing import Key, read_keys, sign
from core.errors import Invalid
from tests.channels import sink as sinks

RSA = generate_private_key(65537, 2048)
EDWARDS = Ed25519PrivateKey.generate()
KEYS = [Key("halden.test", "r1", RSA), Key("halden.test", "e1", EDWARDS)]
PLAIN = b"From: Halden <shop@halden.test>\r\nTo: ann@example.test\r\nSubject:  Two  blanks\r\n folded\r\n\r\n"
BODY = b"Hello  there \t\r\n.\r\nBye\r\n\r\n\r\n"


def dns(name, timeout=5):
    """What the DNS says: the public halves."""
    if name.startswith(b"r1."):
        public = RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    public = EDWARDS.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return b"v=DKIM1; k=ed25519; p=" + base64.b64encode(public)


def verified(raw: bytes) -> list[bool]:
    """Whether each signature holds, the topmost first."""
    held = []
    for index in range(raw.count(b"DKIM-Signature:")):
        try:
            held.append(dkim.DKIM(raw).verify(index, dnsfunc=dns))
        except dkim.ValidationError:
            held.append(False)
    return held


@pytest.mark.parametrize("body", [BODY, b"", b"\r\n", b"no end of line", b" \r\n\r\n"])
def test_both_signatures_of_a_mail_hold(body):
    raw = sign(PLAIN + body, KEYS, 1_790_000_000)
    assert verified(raw) == [True, True]
    assert max(map(len, raw.partition(b"From:")[0].split(b"\r\n"))) < 110


@given(st.binary(max_size=400).map(lambda raw: raw.replace(b"\r", b"").replace(b"\n", b"\r\n")))
@hypothesis_settings(max_examples=40, deadline=None)
def test_whatever_the_body_is_the_signature_holds(body):
    assert verified(sign(PLAIN + body, KEYS[1:], 1)) == [True]


@pytest.mark.parametrize(
    "change",
    [
        (b"Hello", b"Hullo"),
        (b"Subject:", b"Subject: Re:"),
        (b"shop@", b"boss@"),
        (b"From: Halden", b"From: Eve <eve@evil.test>\r\nFrom: Halden"),
    ],
)
def test_what_was_changed_on_the_way_does_not_verify(change):
    assert verified(sign(PLAIN + BODY, KEYS, 1).replace(*change)) == [False, False]


def test_blanks_that_relays_change_do_no_harm():
    raw = sign(PLAIN + BODY, KEYS, 1)
    changed = raw.replace(b"Hello  there \t\r\n", b"Hello there\r\n").replace(
        b"Two  blanks\r\n", b"Two blanks\r\n"
    )
    assert verified(changed) == [True, True]


async def test_a_mail_is_signed_by_its_senders_domain_and_no_other(settings, tmp_path):
    files = []
    for key in KEYS:
        file = tmp_path / f"{key.selector}.pem"
        file.write_bytes(key.secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        files.append(f"{key.selector}._domainkey.{key.domain}={file}")
    async with sinks.running() as sink:
        sender = Mail(
            settings.model_copy(update={"smtp_relay_port": sink.port, "dkim_keys": ", ".join(files)})
        )
        for account in ("shop@halden.test", "shop@elsewhere.test"):
            submission = base.Submission(
                message_id=uuid4(),
                account=account,
                sender_name="Halden Größe",
                to=("ann@example.test",),
                subject="Grüße",
                text="Hello\n.\n",
                html="<p>Grüße</p>",
                headers={
                    "List-Unsubscribe": "<https://halden.test/u/1>",
                    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                },
                rfc_message_id="1@halden.test",
            )
            assert (await sender.submit(submission)).became == "accepted"
        await sender.close()
    first, second = (raw for *_, raw in sink.mails)
    assert verified(first) == [True, True]
    assert b"list-unsubscribe:list-unsubscribe-post" in first.replace(b"\r\n ", b"").replace(b" ", b"")
    assert b"DKIM-Signature" not in second


def test_a_key_that_cannot_be_used_is_named_and_never_shown(tmp_path):
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("secret words")
    for named in ("halden.test", f"s1._domainkey.halden.test={wrong}", "s1._domainkey.halden.test=/nowhere"):
        with pytest.raises(Invalid) as refused:
            read_keys(named)
        assert "secret words" not in refused.value.message
