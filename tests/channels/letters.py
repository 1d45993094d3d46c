"""Mails to us, as the relay in front of us hands them over."""

from email.message import EmailMessage

AUTHSERV = "mx-test.sandbox.test"


def letter(
    sender: str = "Ann Lee <ann@example.test>",
    to: str = "support@halden.test",
    subject: str = "My kettle leaks",
    text: str = "It drips.",
    message_id: str = "<1@example.test>",
    in_reply_to: str = "",
    references: str = "",
    cc: str = "",
    proven: bool = True,
    authserv: str = AUTHSERV,
    results: str | None = None,
    **headers: str,
) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Message-ID"], mail["Date"] = message_id, "Sat, 21 Nov 2026 10:00:00 +0000"
    for name, value in {"In-Reply-To": in_reply_to, "References": references, "Cc": cc}.items():
        if value:
            mail[name] = value
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    domain = sender.rpartition("@")[2].rstrip(">")
    if results is None:
        results = f"dmarc={'pass' if proven else 'fail'} header.from={domain}"
    top = f"Authentication-Results: {authserv}; {results}\r\nReceived: from x by {authserv}; now\r\n"
    return top.encode() + mail.as_bytes().replace(b"\n", b"\r\n")
