"""Writing to us as anyone: the mail, and the relay in front of us that vouches for it or does not."""

import email.policy
import smtplib
from dataclasses import dataclass, field
from email.message import EmailMessage, Message
from email.utils import format_datetime, localtime, make_msgid, parseaddr

from sandbox.settings import Settings


class CannotSendError(Exception):
    """The mail was not taken; the message is fit to show a person."""


@dataclass(slots=True)
class Draft:
    """A mail to us. `forged` makes the relay say that the sender is not who the mail claims."""

    sender: str
    recipient: str
    subject: str = ""
    text: str = ""
    html: str = ""
    in_reply_to: str = ""
    references: str = ""
    forged: bool = False
    attachments: list[tuple[str, str, bytes]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)


def compose(draft: Draft, settings: Settings) -> tuple[str, str, str, bytes]:
    """Sender, recipient, Message-ID and the bytes as they leave the relay; raises CannotSendError."""
    lines = (draft.sender, draft.recipient, draft.subject, draft.in_reply_to, draft.references)
    if any("\r" in line or "\n" in line for line in lines):
        raise CannotSendError("Addresses and subjects must stand on one line.")
    sender, recipient = parseaddr(draft.sender)[1], parseaddr(draft.recipient)[1]
    if "@" not in sender or "@" not in recipient:
        raise CannotSendError("From and To must both be e-mail addresses.")
    domain = sender.rpartition("@")[2].lower()
    mail = EmailMessage()
    message_id = make_msgid(domain=domain if domain.isascii() else "sandbox.example")
    try:
        mail["From"], mail["To"] = draft.sender, draft.recipient
        mail["Subject"] = draft.subject
        mail["Date"] = format_datetime(localtime())
        mail["Message-ID"] = message_id
        if draft.in_reply_to:
            mail["In-Reply-To"] = draft.in_reply_to
            mail["References"] = draft.references or draft.in_reply_to
        for name, value in draft.headers.items():
            del mail[name]
            mail[name] = value
        mail.set_content(draft.text.replace("\r\n", "\n"))
        if draft.html:
            mail.add_alternative(draft.html, subtype="html")
        for filename, content_type, content in draft.attachments:
            main, _, sub = content_type.partition("/")
            mail.add_attachment(content, maintype=main, subtype=sub or "octet-stream", filename=filename)
    except (ValueError, IndexError) as error:
        raise CannotSendError(f"This mail cannot be written: {error}.") from error
    body = mail.as_bytes(policy=email.policy.SMTP)
    return sender, recipient, message_id, _vouch(draft.forged, sender, domain, settings) + body


def compose_bounce(original: bytes, sender: str, recipient: str, settings: Settings) -> bytes:
    """The report (RFC 3464) that `recipient` does not exist, for the envelope sender of a mail."""
    domain = recipient.rpartition("@")[2]
    bounce = EmailMessage()
    bounce["From"] = f"Mail Delivery System <mailer-daemon@{domain}>"
    bounce["To"] = sender
    bounce["Subject"] = "Undelivered mail returned to sender"
    bounce["Date"] = format_datetime(localtime())
    bounce["Message-ID"] = make_msgid(domain=domain)
    bounce["Auto-Submitted"] = "auto-replied"
    bounce["MIME-Version"] = "1.0"
    bounce.add_header("Content-Type", "multipart/report", report_type="delivery-status")
    words = EmailMessage()
    words.set_content(f"<{recipient}>: there is no such mailbox here.\n")
    status = Message()
    status.add_header("Content-Type", "message/delivery-status")
    per_mail, per_recipient = Message(), Message()
    per_mail["Reporting-MTA"] = f"dns; mx.{domain}"
    per_recipient["Final-Recipient"] = f"rfc822; {recipient}"
    per_recipient["Action"] = "failed"
    per_recipient["Status"] = "5.1.1"
    per_recipient["Diagnostic-Code"] = f"smtp; 550 5.1.1 <{recipient}>: there is no such mailbox here"
    status.set_payload([per_mail, per_recipient])
    head = Message()
    head.add_header("Content-Type", "text/rfc822-headers")
    head.set_payload(original.partition(b"\r\n\r\n")[0].decode("ascii", "replace"))
    bounce.set_payload([words, status, head])
    body = bounce.as_bytes(policy=email.policy.SMTP)
    return _vouch(False, f"mailer-daemon@{domain}", domain, settings) + body


def _vouch(forged: bool, sender: str, domain: str, settings: Settings) -> bytes:
    if forged:
        results = f"dkim=none; spf=fail smtp.mailfrom={sender}; dmarc=fail header.from={domain}"
    else:
        results = (
            f"dkim=pass header.d={domain}; spf=pass smtp.mailfrom={sender}; dmarc=pass header.from={domain}"
        )
    stamp = format_datetime(localtime())
    return (
        f"Authentication-Results: {settings.authserv_id}; {results}\r\n"
        f"Received: from mail.{domain} by {settings.authserv_id} with ESMTP; {stamp}\r\n"
    ).encode()


def submit(settings: Settings, sender: str, recipient: str, content: bytes) -> None:
    """Hand a mail to our inbound listener; blocks. Raises CannotSendError with what the listener said."""
    where = f"{settings.inbound_host}:{settings.inbound_port}"
    try:
        with smtplib.SMTP(
            settings.inbound_host, settings.inbound_port, local_hostname="relay.sandbox.example", timeout=30
        ) as smtp:
            smtp.ehlo()
            options = ["SMTPUTF8"] if not (sender + recipient).isascii() and smtp.has_extn("smtputf8") else []
            smtp.sendmail(sender, [recipient], content, mail_options=options)
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise CannotSendError(
            f"The receiver refused {recipient}: {code} {said.decode('utf-8', 'replace')}"
        ) from error
    except smtplib.SMTPResponseException as error:
        said_back = error.smtp_error
        reason = said_back.decode("utf-8", "replace") if isinstance(said_back, bytes) else said_back
        raise CannotSendError(f"The receiver refused the mail: {error.smtp_code} {reason}") from error
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        raise CannotSendError(f"The listener at {where} did not take the mail: {error}.") from error


def reply_to(headers: list[tuple[str, str]], address: str) -> Draft:
    """The start of an answer from `address`, with the thread headers that RFC 5322 wants."""

    def header(name: str) -> str:
        return next((value for key, value in headers if key.lower() == name), "")

    subject, message_id = header("subject"), header("message-id")
    references = " ".join([*(header("references") or header("in-reply-to")).split(), message_id]).strip()
    return Draft(
        sender=address,
        recipient=header("reply-to") or header("from"),
        subject=subject if subject.lower().startswith("re:") else f"Re: {subject}",
        in_reply_to=message_id,
        references=references,
    )
