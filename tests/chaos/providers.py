"""Mail providers that post what they took for us, as they do it: signed, and again until somebody says 200."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SUPPORT = "support@halden.test"


@dataclass(frozen=True)
class Post:
    path: str
    content: bytes
    headers: Mapping[str, str]


class Mailgun:
    """A route that forwards: the whole mail, or its pieces. A call keeps its token however often it is repeated."""

    key = "key-of-the-provider"

    def post(self, raw: bytes, sender: str, number: int, *, whole: bool) -> Post:
        stamp, token = str(int(time.time())), f"{number:050d}"
        signature = hmac.new(self.key.encode(), (stamp + token).encode(), hashlib.sha256).hexdigest()
        form: dict[str, Any] = {
            "sender": sender, "recipient": SUPPORT, "timestamp": stamp, "token": token, "signature": signature
        }  # fmt: skip
        if whole:
            form["body-mime"] = raw
        else:
            headers, text = _pieces(raw)
            form |= {"message-headers": json.dumps(headers), "body-plain": text}
        return Post(
            "/webhooks/mailgun/mime" if whole else "/webhooks/mailgun",
            urlencode(form).encode(),
            {"content-type": "application/x-www-form-urlencoded"},
        )


@dataclass(frozen=True)
class SendGrid:
    """Inbound Parse: the raw mail, or its pieces. A call that is repeated is signed anew, with another time."""

    secret: Any = field(default_factory=lambda: generate_private_key(SECP256R1()))

    @property
    def public_key(self) -> str:
        key = self.secret.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(key).decode()

    def post(self, raw: bytes, sender: str, number: int, *, whole: bool) -> Post:
        fields: dict[str, bytes] = {
            "envelope": json.dumps({"to": [SUPPORT], "from": sender}).encode(),
            "to": SUPPORT.encode(), "from": sender.encode(), "sender_ip": b"192.0.2.1",
            "SPF": b"pass", "dkim": b"{@people.test : pass}",
        }  # fmt: skip
        if whole:
            fields["email"] = raw
        else:
            headers, text = _pieces(raw)
            lines = "".join(f"{name}: {value}\n" for name, value in headers)
            fields |= {
                "headers": lines.encode(), "text": text.encode(), "attachments": b"0",
                "charsets": json.dumps({"text": "utf-8", "subject": "UTF-8"}).encode(),
            }  # fmt: skip
        inside = b"".join(
            b'--xYzZY\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), content)
            for name, content in fields.items()
        )
        content, stamp = inside + b"--xYzZY--\r\n", str(time.time_ns() // 1_000_000_000)
        signature = self.secret.sign(stamp.encode() + content, ECDSA(SHA256()))
        return Post(
            "/webhooks/sendgrid",
            content,
            {
                "content-type": "multipart/form-data; boundary=xYzZY",
                "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
                "x-twilio-email-event-webhook-timestamp": stamp,
            },
        )


def _pieces(raw: bytes) -> tuple[list[tuple[str, str]], str]:
    mail = message_from_bytes(raw, policy=policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    return [(name, str(value)) for name, value in mail.items()], body.get_content()
