"""Arrivals: raw mail is kept, once for each mailbox of ours, before anybody answers for it."""

import hashlib
import json
import re
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from channels.adapters.email.reading import ReadMail
from core.jobs import TOPIC, promised, promising
from core.nudges import nudge

# What relays add on the way; two copies of one mail differ in these only.
_OUR_FIELDS = re.compile(
    rb"^(message-id|date|from|to|cc|subject|content-type|in-reply-to|references):", re.IGNORECASE
)
_HEAD = re.compile(rb"(?:(?:[!-9;-~]+[ \t]*:|[ \t]|From )[^\n]*(?:\n|\Z))*+")


def digest(raw: bytes) -> str:
    """SHA-256 of what the author wrote: the same mail by another way has the same."""
    # A bare CR ends a line, too: else the whole mail would be one header, which no digest covers.
    plain = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    # Not up to the empty line: it may be missing, and words that no digest covers would make two mails one.
    head = _HEAD.match(plain)
    assert head is not None
    body = plain[head.end() :].strip(b"\n")
    lines = re.sub(rb"\n[ \t]+", b" ", head[0]).split(b"\n")
    written = [line for line in lines if _OUR_FIELDS.match(line)]
    if not written and not body:
        # Nothing in it is of the author's, as far as we know: any two such mails would be one.
        written = lines
    return hashlib.sha256(b"\n".join([*written, b"", body])).hexdigest()


async def store(
    session: AsyncSession,
    mailboxes: set[str],
    mail_from: str,
    rcpt_to: list[str],
    raw: bytes,
    vouched_by: str | None = None,
) -> int:
    """Keep a raw mail for each mailbox and promise its reading; how many of them had not known it.

    One statement, so that it needs no transaction around it. See `keep`.
    """
    rows = _rows(mailboxes, mail_from, rcpt_to, raw, vouched_by)
    jobs = [promised(ReadMail(mail_id)) for mail_id in rows["ids"]]
    promise = {**jobs[0], "payloads": [job["payload"] for job in jobs]} if jobs else {}
    kept = list(await session.scalars(STORE, {**rows, **promise})) if jobs else []
    if kept:
        nudge(session, TOPIC)
    return len(kept)


async def keep(
    session: AsyncSession,
    mailboxes: set[str],
    mail_from: str,
    rcpt_to: list[str],
    raw: bytes,
    vouched_by: str | None = None,
    found_out: str | None = None,
) -> list[UUID]:
    """Keep a raw mail for each mailbox; the rows of those that had not known it, still to be read.

    `vouched_by` is the authserv-id whose Authentication-Results count for it: None the one of the settings, empty
    nobody's, for mail that did not come through the relay in front of us. `found_out` is what its signatures prove
    (`checking.find_out`): None when that is still to be looked at, empty when it is not to be.
    """
    rows = _rows(mailboxes, mail_from, rcpt_to, raw, vouched_by)
    return list(await session.scalars(KEEP, {**rows, "found_out": found_out}))


_KEEP = """
INSERT INTO received_mail (id, mailbox, digest, mail_from, rcpt_to, raw, vouched_by, found_out)
SELECT id, mailbox, cast(:digest AS text), cast(:mail_from AS text), cast(cast(:rcpt_to AS text) AS jsonb),
    cast(:raw AS bytea), cast(:vouched_by AS text), cast(:found_out AS text)
FROM unnest(cast(:ids AS uuid[]), cast(:mailboxes AS text[])) AS new (id, mailbox) ORDER BY mailbox
ON CONFLICT DO NOTHING RETURNING id
"""
KEEP = text(_KEEP)
_PROMISED = """unnest(cast(:ids AS uuid[]), cast(:payloads AS text[])) AS promised (id, payload)
JOIN kept ON kept.id = promised.id"""
STORE = text(f"WITH kept AS ({_KEEP}) {promising(_PROMISED, payload='promised.payload')}")


def _rows(
    mailboxes: set[str], mail_from: str, rcpt_to: list[str], raw: bytes, vouched_by: str | None
) -> dict[str, Any]:
    return {
        "ids": [uuid7() for _ in mailboxes],
        "mailboxes": sorted(mailboxes),
        "digest": digest(raw),
        "mail_from": mail_from,
        "rcpt_to": json.dumps(rcpt_to),
        "raw": raw,
        "vouched_by": vouched_by,
        "found_out": None,
    }
