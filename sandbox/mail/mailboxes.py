"""What the world received by mail, and how a mail reads."""

import asyncio
import email
import email.policy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage, Message
from typing import Any

from sandbox.store import Reader, Row, Store, now


class Mailboxes:
    """Every mailbox of the world; a mail is kept as the bytes that came."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last_id = (store.one("SELECT max(id) AS id FROM mail") or {})["id"] or 0
        self._arriving: list[tuple[int, str, list[str], bytes, Callable[[], None]]] = []

    def add(self, sender: str, recipients: list[str], raw: bytes, kept: Callable[[], None]) -> None:
        """Keep one mail, once for an address named twice; `kept` is called when it is safe.

        All that arrives in one turn of the event loop is written as one transaction.
        """
        self._last_id += 1
        if not self._arriving:
            asyncio.get_running_loop().call_soon(self._keep)
        addresses = list(dict.fromkeys(recipient.lower() for recipient in recipients))
        self._arriving.append((self._last_id, sender, addresses, raw, kept))

    def _keep(self) -> None:
        arriving, self._arriving = self._arriving, []
        store, at = self._store, now()
        store.begin()
        store.execute_many(
            "INSERT INTO mail (id, mail_from, recipients, received_at, raw) VALUES (?, ?, ?, ?, ?)",
            [(mail, sender, "\n".join(addresses), at, raw) for mail, sender, addresses, raw, _ in arriving],
        )
        store.execute_many(
            "INSERT INTO mail_recipient VALUES (?, ?)",
            [(address, mail) for mail, _, addresses, _, _ in arriving for address in addresses],
        )
        store.commit()
        for *_, kept in arriving:
            kept()

    def clear(self) -> None:
        for table in ("mail", "mail_recipient", "mail_written"):
            self._store.execute(f"DELETE FROM {table}")  # noqa: S608 - only names and parts of our own are put in; values are bound


def list_mailboxes(reader: Reader, search: str = "", limit: int = 200) -> list[Row]:
    """Mailboxes, the one with the newest mail first: address, mails, newest subject and time."""
    if search:
        found = reader.all(
            "SELECT address, max(mail_id) AS newest FROM mail_recipient WHERE address LIKE ? ESCAPE '!'"
            " GROUP BY address ORDER BY newest DESC LIMIT ?",
            (f"%{_literal(search.lower())}%", limit),
        )
        newest = {row["address"]: row["newest"] for row in found}
    else:
        newest = {}
        for row in reader.each("SELECT id, recipients FROM mail ORDER BY id DESC LIMIT 50000"):
            for address in row["recipients"].split("\n"):
                newest.setdefault(address, row["id"])
            if len(newest) >= limit:
                break
    boxes = []
    for address, mail in list(newest.items())[:limit]:
        found_mail = reader.one(
            "SELECT id, received_at, substr(raw, 1, 16384) AS raw,"
            " (SELECT count(*) FROM mail_recipient WHERE address = ?) AS mails FROM mail WHERE id = ?",
            (address, mail),
        )
        if found_mail:
            subject = parse(found_mail.pop("raw"), headers_only=True).subject
            boxes.append(found_mail | {"address": address, "subject": subject})
    return boxes


def count_mailboxes(reader: Reader, prefix: str = "") -> dict[str, int]:
    """How many mails each address got that starts with `prefix`."""
    rows = reader.all(
        "SELECT address, count(*) AS mails FROM mail_recipient WHERE address >= ?1 AND address < ?1 || ?2"
        " GROUP BY address",
        (prefix.lower(), "\U0010ffff"),
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
    headers = [
        (_clean(name), _header_text(message, name, index)) for index, name in enumerate(message.keys())
    ]
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
    raw_value = message._headers[index][1]  # type: ignore[attr-defined]  # the library declares less than it has
    try:
        value = str(message.policy.header_fetch_parse(name, raw_value))
    except Exception:
        # The standard parser raises many kinds on headers found in the wild.
        value = str(raw_value)
    return " ".join(_clean(value).split())


def _clean(text: str) -> str:
    # Bytes that are no text become lone surrogates in the standard parser, which nothing can print.
    return text.encode("utf-8", "replace").decode()


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
            filename=_clean(str(filename or f"part-{len(read.parts) + 1}")),
            content_type=_clean(kind),
            content_id=_content_id(part),
            content=content,
            inline=disposition == "inline",
        )
    )


def _content_id(part: Any) -> str:
    try:
        return _clean(str(part.get("Content-ID", ""))).strip().strip("<>")
    except Exception:
        return ""


def _text(part: EmailMessage) -> str:
    content = part.get_payload(decode=True)
    content = content if isinstance(content, bytes) else b""
    try:
        return content.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def as_json(row: Row) -> dict[str, Any]:
    """A mail for a test to look at."""
    read = parse(row["raw"])
    return {
        "id": row["id"],
        "mail_from": row["mail_from"],
        "rcpt_to": row["recipients"].split("\n"),
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
