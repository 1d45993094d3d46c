"""Providers: mail that Mailgun and Twilio SendGrid post to us, whole or taken to pieces.

https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/receive-http
https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from sqlalchemy.ext.asyncio import AsyncSession

from channels import mailboxes
from channels.adapters.email.characters import clean
from channels.adapters.email.envelopes import remembered
from channels.adapters.email.forms import Form, Upload, read_form
from channels.adapters.email.parsing import head
from channels.adapters.email.reassembly import Piece, reassembled
from core.clock import now
from core.errors import Invalid, NotAllowed
from core.settings import Settings

# How long they go on trying to hand a mail over: eight hours, three days.
FRESH = {"mailgun": timedelta(hours=9), "sendgrid": timedelta(days=4)}
AHEAD = timedelta(minutes=10)

_HEADER = re.compile(r"([!-9;-~]+)[ \t]*:[ \t]?(.*(?:\n[ \t].*)*)")


@dataclass(frozen=True)
class Posted:
    """A mail as a provider had it; `event` names the call, which counts once."""

    event: str
    mail_from: str
    rcpt_to: list[str]
    raw: bytes


async def mailboxes_for(session: AsyncSession, posted: Posted, settings: Settings) -> set[str]:
    """The mailboxes of ours that a posted mail is for.

    A provider may take mail for a domain of its own, and is forwarded ours: then those that its headers name.
    """
    known = await mailboxes.ours(session, settings, posted.rcpt_to)
    return known or (await remembered(session, head(posted.raw), settings, None)).mailboxes


def from_mailgun(body: bytes, headers: Mapping[str, str], settings: Settings) -> Posted:
    """The mail that a route forwards. Raises NotAllowed unless Mailgun signed it, Invalid for a form without mail."""
    key = settings.mailgun_signing_key
    try:
        form = read_form(body, headers.get("content-type", ""))
    except Invalid:
        raise NotAllowed("This is not signed by Mailgun.") from None
    timestamp, token, signature = (form.fields.get(name, b"") for name in ("timestamp", "token", "signature"))
    made = hmac.new(key.get_secret_value().encode() if key else b"", timestamp + token, hashlib.sha256)
    signed = key and token and hmac.compare_digest(made.hexdigest().encode(), signature)
    if not signed or not _is_fresh(timestamp, FRESH["mailgun"]):
        raise NotAllowed("This is not signed by Mailgun.")
    if "body-mime" in form.fields or "body-mime" in form.files:
        raw = _raw(form, "body-mime")
    else:
        raw = _mailgun_pieces(form)
    to = [each.strip() for each in form.text("recipient").split(",")]
    return _posted(token.decode("ascii", "replace"), form.text("sender"), to, raw)


def from_sendgrid(body: bytes, headers: Mapping[str, str], settings: Settings) -> Posted:
    """The mail that Inbound Parse posts. Raises NotAllowed unless Twilio SendGrid signed it, Invalid without mail."""
    timestamp = headers.get("x-twilio-email-event-webhook-timestamp", "").encode()
    signature = headers.get("x-twilio-email-event-webhook-signature", "")
    signed = _is_signed(settings.sendgrid_public_key or "", signature, timestamp + body)
    if not signed or not _is_fresh(timestamp, FRESH["sendgrid"]):
        raise NotAllowed("This is not signed by Twilio SendGrid.")
    form = read_form(body, headers.get("content-type", ""))
    if "email" in form.fields or "email" in form.files:
        raw = _raw(form, "email")
    else:
        raw = _sendgrid_pieces(form)
    envelope = _mapping(form.facts("envelope"))
    to = envelope.get("to")
    event = hashlib.sha256(timestamp + body).hexdigest()
    rcpt_to = [str(each) for each in to] if isinstance(to, list) else []
    return _posted(event, str(envelope.get("from") or ""), rcpt_to, raw)


def public_key(value: str) -> EllipticCurvePublicKey:
    """The key that SendGrid shows for a webhook: a P-256 key in DER, as base64. Raises ValueError for anything else."""
    key = load_der_public_key(base64.b64decode(value, validate=True))
    if not isinstance(key, EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise ValueError("it is no key of the curve P-256")
    return key


def _is_signed(key: str, signature: str, content: bytes) -> bool:
    try:
        public_key(key).verify(base64.b64decode(signature, validate=True), content, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _is_fresh(timestamp: bytes, patience: timedelta) -> bool:
    if not timestamp.isdigit() or len(timestamp) > 10:  # ten digits last until 2286
        return False
    said = datetime.fromtimestamp(int(timestamp), UTC)
    return now() - patience < said < now() + AHEAD


def _raw(form: Form, name: str) -> bytes:
    raw = form.files[name].content if name in form.files else form.fields[name]
    if not raw.strip():
        raise Invalid("There is no mail in it.")
    return raw


def _posted(event: str, mail_from: str, to: list[str], raw: bytes) -> Posted:
    rcpt_to = [clean(each)[:320] for each in to if each][:100]
    return Posted(event, clean(mail_from).strip("<> ")[:320], rcpt_to, raw)


def _mailgun_pieces(form: Form) -> bytes:
    if "body-plain" not in form.fields and "body-html" not in form.fields:
        raise Invalid("There is no mail in it.")
    if "attachments" in form.fields:  # they stand at Mailgun's, and go from there
        raise Invalid("Its files are missing: let the route forward(), not store().")
    stated = form.facts("message-headers")
    headers = [
        (str(pair[0]), str(pair[1]))
        for pair in (stated if isinstance(stated, list) else [])
        if isinstance(pair, list) and len(pair) == 2
    ]
    if not headers:
        named = (("From", "from"), ("To", "recipient"), ("Subject", "subject"))
        headers = [(header, form.text(name)) for header, name in named]
    # Which of the files its HTML shows: {"<cid>": "attachment-1"}.
    shown = {str(name): str(cid) for cid, name in _mapping(form.facts("content-id-map")).items()}
    files = [_piece(form.files[name], shown.get(name, "")) for name in _numbered(form, "attachment-")]
    return reassembled(headers, form.text("body-plain"), form.text("body-html"), files)


def _sendgrid_pieces(form: Form) -> bytes:
    if "headers" not in form.fields:
        raise Invalid("There is no mail in it.")
    charsets = _mapping(form.facts("charsets"))
    about = _mapping(form.facts("attachment-info"))

    def words(name: str) -> str:
        return form.text(name, str(charsets.get(name) or "") or None)

    files = [
        _piece(form.files[name], str(_mapping(about.get(name)).get("content-id") or ""))
        for name in _numbered(form, "attachment")
    ]
    headers = _HEADER.findall(form.text("headers").replace("\r\n", "\n"))
    return reassembled(headers, words("text"), words("html"), files)


def _numbered(form: Form, prefix: str) -> list[str]:
    """The names of the form's files, in the order of their numbers."""
    numbers = [name.removeprefix(prefix) for name in form.files if name.startswith(prefix)]
    return [f"{prefix}{number}" for number in sorted((each for each in numbers if each.isdecimal()), key=int)]


def _piece(upload: Upload, content_id: str) -> Piece:
    return Piece(upload.filename, upload.content_type, upload.content, content_id)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
