"""What the world received by mail, and how a mail reads."""

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage, Message
from typing import Any

from sandbox.store import Reader, Row, Store, now


class Mailboxes:
    """Every mailbox of the world; a mail is kept as the bytes that came."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, sender: str, recipients: list[str], raw: bytes) -> int:
        """Keep one mail for its recipients (once for an address named twice); its id."""
        store = self._store
        addresses = dict.fromkeys(recipient.lower() for recipient in recipients)
        store.begin()
        mail = store.execute(
            "INSERT INTO mail (mail_from, received_at, raw) VALUES (?, ?, ?)", (sender, now(), raw)
        )
        for address in addresses:
            store.execute("INSERT INTO mail_recipient VALUES (?, ?)", (address, mail))
            store.execute(
                "INSERT INTO mailbox VALUES (?, 1, ?)"
                " ON CONFLICT DO UPDATE SET mails = mails + 1, newest_id = excluded.newest_id",
                (address, mail),
            )
        store.commit()
        return mail

    def clear(self) -> None:
        for table in ("mail", "mail_recipient", "mailbox", "mail_written"):
            self._store.execute(f"DELETE FROM {table}")  # noqa: S608


def list_mailboxes(reader: Reader, search: str = "", limit: int = 200) -> list[Row]:
    """Mailboxes, the one with the newest mail first: address, mails, newest subject and time."""
    rows = reader.all(
        "SELECT b.address, b.mails, m.id, m.received_at, substr(m.raw, 1, 16384) AS raw"
        " FROM mailbox b JOIN mail m ON m.id = b.newest_id"
        " WHERE b.address LIKE ? ESCAPE '!' ORDER BY b.newest_id DESC LIMIT ?",
        (f"%{_literal(search.lower())}%", limit),
    )
    for row in rows:
        row["subject"] = parse(row.pop("raw"), headers_only=True).subject
    return rows


def count_mailboxes(reader: Reader, prefix: str = "") -> dict[str, int]:
    rows = reader.all(
        "SELECT address, mails FROM mailbox WHERE address LIKE ? ESCAPE '!'",
        (f"{_literal(prefix.lower())}%",),
    )
    return {row["address"]: row["mails"] for row in rows}


def list_mail(reader: Reader, address: str | None, limit: int, before: int | None = None) -> list[Row]:
    """Mail to an address (or to anyone), newest first, raw bytes included."""
    if address is None:
        return reader.all(
            "SELECT * FROM mail WHERE id < ? ORDER BY id DESC LIMIT ?", (before or 1 << 60, limit)
        )
    return reader.all(
        "SELECT m.* FROM mail_recipient r JOIN mail m ON m.id = r.mail_id"
        " WHERE r.address = ? AND r.mail_id < ? ORDER BY r.mail_id DESC LIMIT ?",
        (address.lower(), before or 1 << 60, limit),
    )


def recipients_of(reader: Reader, mail: int) -> list[str]:
    rows = reader.all("SELECT address FROM mail_recipient WHERE mail_id = ?", (mail,))
    return [row["address"] for row in rows]


def find_mail(reader: Reader, mail: int) -> Row | None:
    return reader.one("SELECT * FROM mail WHERE id = ?", (mail,))


def _literal(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


@dataclass(slots=True)
class Part:
    """A piece of a mail that is not its text."""

    filename: str
    content_type: str
    content_id: str
    content: bytes
    inline: bool


@dataclass(slots=True)
class ReadMail:
    """A mail as a person reads it."""

    subject: str
    headers: list[tuple[str, str]]
    text: str
    html: str
    parts: list[Part]

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


def parse(raw: bytes, headers_only: bool = False) -> ReadMail:
    """Read a mail's bytes; what is broken in it is left out, never raised."""
    if headers_only:
        raw = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    message = email.message_from_bytes(raw, policy=email.policy.default)
    headers = [(name, _header_text(message, name, index)) for index, name in enumerate(message.keys())]
    read = ReadMail("", headers, "", "", [])
    read.subject = read.header("Subject")
    if not headers_only:
        for part in _pieces(message):
            _read_part(part, read)
    return read


def _pieces(message: Any) -> Iterator[Any]:
    if message.get_content_maintype() != "multipart":
        yield message
    elif isinstance(payload := message.get_payload(), list):
        for part in payload:
            yield from _pieces(part)


def _header_text(message: Message, name: str, index: int) -> str:
    raw_value = message._headers[index][1]  # type: ignore[attr-defined]
    try:
        value = str(message.policy.header_fetch_parse(name, raw_value))
    except Exception:
        # The standard parser raises many kinds on headers found in the wild.
        value = str(raw_value)
    return " ".join(value.encode("utf-8", "replace").decode().split())


def _read_part(part: Any, read: ReadMail) -> None:
    kind = part.get_content_type()
    try:
        disposition, filename = part.get_content_disposition(), part.get_filename()
    except Exception:
        disposition, filename = "attachment", "unreadable-name"
    if kind in ("text/plain", "text/html") and disposition != "attachment" and not filename:
        text = _text(part)
        if kind == "text/plain":
            read.text += ("\n" if read.text else "") + text
        else:
            read.html += text
        return
    if kind == "message/rfc822":
        inner = part.get_payload()
        content = inner[0].as_bytes() if isinstance(inner, list) and inner else b""
    else:
        content = part.get_payload(decode=True) or b""
    read.parts.append(
        Part(
            filename=str(filename or f"part-{len(read.parts) + 1}"),
            content_type=kind,
            content_id=str(part.get("Content-ID", "")).strip().strip("<>"),
            content=content,
            inline=disposition == "inline",
        )
    )


def _text(part: EmailMessage) -> str:
    content = part.get_payload(decode=True)
    content = content if isinstance(content, bytes) else b""
    try:
        return content.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def as_json(row: Row, recipients: list[str]) -> dict[str, Any]:
    """A mail for a test to look at."""
    read = parse(row["raw"])
    return {
        "id": row["id"],
        "mail_from": row["mail_from"],
        "rcpt_to": recipients,
        "subject": read.subject,
        "message_id": read.header("Message-ID"),
        "headers": [list(pair) for pair in read.headers],
        "text": read.text,
        "html": read.html,
        "attachments": [
            {"filename": part.filename, "content_type": part.content_type, "size": len(part.content)}
            for part in read.parts
        ],
        "received_at": row["received_at"],
    }
