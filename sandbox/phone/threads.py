"""Text messages as both sides see them."""

import re
import secrets
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from sandbox.settings import Settings
from sandbox.store import Reader, Row, Store, now
from sandbox.webhooks import Webhooks

API_VERSION = "2010-04-01"
SENT_AFTER, ARRIVED_AFTER = 0.15, 0.4
STOP_WORDS = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
START_WORDS = {"START", "YES", "UNSTOP"}
NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)
_DOUBLE = set("^{}\\[~]|€")


def count_segments(body: str) -> int:
    """Into how many parts the network splits a text: 160/153 characters in GSM-7, 70/67 in UCS-2."""
    if set(body) <= _GSM:
        length, single, several = len(body) + sum(letter in _DOUBLE for letter in body), 160, 153
    else:
        length, single, several = len(body.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= single else -(-length // several)


def status_of(row: Row, at: float | None = None) -> str:
    """Where a message stands: queued, sent, then its outcome; what came in is received."""
    if row["direction"] == "inbound":
        return "received"
    age = (now() if at is None else at) - row["created_at"]
    return "queued" if age < SENT_AFTER else "sent" if age < ARRIVED_AFTER else str(row["outcome"])


def as_resource(row: Row, settings: Settings) -> dict[str, Any]:
    """The message as Twilio's REST resource."""
    status = status_of(row)
    created = format_datetime(datetime.fromtimestamp(row["created_at"], UTC))
    uri = f"/{API_VERSION}/Accounts/{settings.twilio_sid}/Messages/{row['sid']}"
    failed = status == "failed"
    return {
        "account_sid": settings.twilio_sid,
        "api_version": API_VERSION,
        "body": row["body"],
        "date_created": created,
        "date_sent": None if status == "queued" else created,
        "date_updated": created,
        "direction": "inbound" if row["direction"] == "inbound" else "outbound-api",
        "error_code": 30003 if failed else None,
        "error_message": "Unreachable destination handset" if failed else None,
        "from": row["sender"],
        "messaging_service_sid": row["service_sid"],
        "num_media": "0",
        "num_segments": str(count_segments(row["body"])),
        "price": None,
        "price_unit": "USD",
        "sid": row["sid"],
        "status": status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "tags": None,
        "to": row["recipient"],
        "uri": f"{uri}.json",
    }


class Threads:
    """The telephone network: takes texts, reports on them, and carries the answers back."""

    def __init__(self, store: Store, webhooks: Webhooks, settings: Settings) -> None:
        self._store = store
        self._webhooks = webhooks
        self._settings = settings

    def send(self, sender: str, recipient: str, body: str, service: str | None, callback: str | None) -> Row:
        """Take a text for a phone and report each step to `callback`; numbers ending in 0000 are dead."""
        row = self._keep("outbound", sender, recipient, body, service)
        if callback:
            for status, delay in (("queued", 0.0), ("sent", SENT_AFTER), (row["outcome"], ARRIVED_AFTER)):
                form = {
                    "SmsSid": row["sid"],
                    "SmsStatus": status,
                    "MessageStatus": status,
                    "MessageSid": row["sid"],
                    "To": recipient,
                    "From": sender,
                    "AccountSid": self._settings.twilio_sid,
                    "ApiVersion": API_VERSION,
                }
                if status == "failed":
                    form |= {"ErrorCode": "30003", "ErrorMessage": "Unreachable destination handset"}
                if service:
                    form["MessagingServiceSid"] = service
                about = f"text to {recipient} {status}"
                self._webhooks.call("phone", about, callback, urlencode(form), row["sid"], delay)
        return row

    def answer(self, sender: str, recipient: str, body: str) -> Row:
        """A person at `sender` writes to our number `recipient`; STOP and START words are honoured."""
        row = self._keep("inbound", sender, recipient, body, None)
        word = body.strip().upper()
        if word in STOP_WORDS:
            self._store.execute("INSERT OR IGNORE INTO opt_out VALUES (?, ?)", (sender, recipient))
        elif word in START_WORDS:
            self._store.execute("DELETE FROM opt_out WHERE number = ? AND sender = ?", (sender, recipient))
        form = {
            "ToCountry": "",
            "ToState": "",
            "ToCity": "",
            "ToZip": "",
            "FromCountry": "",
            "FromState": "",
            "FromCity": "",
            "FromZip": "",
            "SmsMessageSid": row["sid"],
            "NumMedia": "0",
            "SmsSid": row["sid"],
            "SmsStatus": "received",
            "Body": body,
            "To": recipient,
            "NumSegments": str(count_segments(body)),
            "MessageSid": row["sid"],
            "AccountSid": self._settings.twilio_sid,
            "From": sender,
            "ApiVersion": API_VERSION,
        }
        self._webhooks.call(
            "phone",
            f"text from {sender}",
            self._settings.twilio_webhook_url,
            urlencode(form),
            f"from {sender}",
        )
        return row

    def opted_out(self, number: str, sender: str) -> bool:
        found = self._store.one("SELECT 1 FROM opt_out WHERE number = ? AND sender = ?", (number, sender))
        return found is not None

    def find(self, sid: str) -> Row | None:
        return self._store.one("SELECT * FROM text_message WHERE sid = ?", (sid,))

    def recent(self, limit: int, sender: str | None = None, recipient: str | None = None) -> list[Row]:
        """Messages, newest first."""
        return self._store.all(
            "SELECT * FROM text_message WHERE (?1 IS NULL OR sender = ?1) AND (?2 IS NULL OR recipient = ?2)"
            " ORDER BY seq DESC LIMIT ?3",
            (sender, recipient, limit),
        )

    def _keep(self, direction: str, sender: str, recipient: str, body: str, service: str | None) -> Row:
        sid = "SM" + secrets.token_hex(16)
        outcome = "failed" if direction == "outbound" and recipient.endswith("0000") else "delivered"
        self._store.execute(
            "INSERT INTO text_message"
            " (sid, direction, sender, recipient, body, service_sid, outcome, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (sid, direction, sender, recipient, body, service, outcome, now()),
        )
        row = self.find(sid)
        assert row is not None
        return row


def list_phones(reader: Reader) -> list[Row]:
    """People's numbers, the most recently used first: number, messages, newest text and time."""
    return reader.all(
        "SELECT number, count(*) AS messages, body, max(seq) AS seq, created_at, direction FROM ("
        " SELECT CASE direction WHEN 'inbound' THEN sender ELSE recipient END AS number, * FROM text_message)"
        " GROUP BY number ORDER BY seq DESC LIMIT 300"
    )


def list_thread(reader: Reader, number: str, limit: int = 200) -> list[Row]:
    """What a phone shows, oldest first."""
    rows = reader.all(
        "SELECT * FROM (SELECT * FROM text_message WHERE recipient = ?1 AND direction = 'outbound'"
        " UNION ALL SELECT * FROM text_message WHERE sender = ?1 AND direction = 'inbound')"
        " ORDER BY seq DESC LIMIT ?2",
        (number, limit),
    )
    return rows[::-1]
