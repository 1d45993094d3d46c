"""Threads: messages of every channel, notes and events, in the one order of their conversation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from channels import files
from channels.base import Kept
from channels.models import Attachment, Message
from core.errors import NotFound

PAGE = 60
_LAST = (1 << 63) - 1


# How a mail's own HTML stands to its text: none, no more than the text says, more, more and pictures from elsewhere.
NO_HTML, PLAIN_HTML, RICH_HTML, REMOTE_HTML = range(4)


class File(msgspec.Struct, frozen=True):
    """An attachment as a thread names it."""

    id: UUID
    filename: str
    size: int
    scanned: str = ""
    content_type: str = ""
    within: bool = False  # the mail's HTML shows it


class Item(NamedTuple):
    """One message, note or event; `kind` is the channel of a message, "note" or "event"."""

    id: UUID
    seq: int
    kind: str
    at: datetime
    who: str
    text: str
    inbound: bool = False
    subject: str = ""
    html: int = NO_HTML
    status: str = ""
    reason: str = ""
    recipients: list[str] = []  # noqa: RUF012 - never changed
    verified: bool = False
    done: str = ""  # of an event, whose text is the detail
    release_at: datetime | None = None
    staff_id: UUID | None = None
    sender: str = ""
    welcome: bool = False  # pictures from elsewhere are shown
    automatic: bool = False  # a machine of ours said it
    attachments: list[File] = []  # noqa: RUF012 - never changed
    copies: list[str] = []  # noqa: RUF012 - never changed
    hidden: list[str] = []  # noqa: RUF012 - never changed; who got a blind copy


@dataclass(frozen=True)
class Stretch:
    """A part of a thread, oldest first, and when what stands before it was said; None where it begins."""

    items: list[Item]
    after: datetime | None


# Told apart by what stands in it, for want of a reader that takes no time: each looks through all of it once.
_RICH = """'<(img|table|[uo]l|strong|b>|h[12])|href="http'"""
_REMOTE = """'src=["'']?(http|//)'"""
# The three kinds of things in a thread, in the columns of an Item.
_MESSAGES = f"""
SELECT m.id, m.seq, m.channel AS kind, m.created_at AS at,
    coalesce(nullif(s.name, ''), nullif(m.sender_name, ''), m.sender) AS who, m.text,
    m.direction = 'inbound' AS inbound, m.subject,
    CASE WHEN m.html IS NULL THEN 0 WHEN m.html !~* {_RICH} THEN 1 WHEN m.html ~* {_REMOTE} THEN 3 ELSE 2 END AS html,
    CASE WHEN m.direction = 'inbound' THEN '' ELSE m.status END AS status, coalesce(m.reason, '') AS reason,
    cast(m.recipients AS text) AS recipients, m.verified, '' AS done, m.release_at, m.staff_id, m.sender,
    m.verified AND EXISTS (SELECT FROM picture_sender WHERE address = lower(m.sender)) AS welcome,
    m.author = 'automation' AS automatic,
    (SELECT cast(json_agg(json_build_object('id', a.id, 'filename', a.filename, 'size', a.size, 'scanned', b.scanned,
            'content_type', a.content_type, 'within', coalesce(strpos(m.html, 'cid:' || a.content_id) > 0, false)
            ) ORDER BY a.id) AS text)
        FROM attachment a JOIN blob b ON b.sha256 = a.sha256 WHERE a.message_id = m.id) AS attachments
FROM message m LEFT JOIN staff s ON s.id = m.staff_id
WHERE m.conversation_id = :conversation AND {{where}}
    AND (cast(:channel AS text) IS NULL OR m.channel = :channel) AND (:held OR m.status <> 'held')
"""  # noqa: S608 - only parts of our own
_NOTES = """
SELECT m.id, m.seq, 'note', m.created_at, s.name, m.body, false, '', 0, '', '',
    cast(NULL AS text), false, '', cast(NULL AS timestamptz), m.staff_id, '', false, false, cast(NULL AS text)
FROM note m JOIN staff s ON s.id = m.staff_id WHERE m.conversation_id = :conversation AND {where}
"""
_EVENTS = """
SELECT m.id, m.seq, 'event', m.created_at, coalesce(s.name, ''), m.detail, false, '', 0, '', '',
    cast(NULL AS text), false, m.kind, cast(NULL AS timestamptz), m.staff_id, '', false, false, cast(NULL AS text)
FROM ticket_event m LEFT JOIN staff s ON s.id = m.staff_id WHERE m.conversation_id = :conversation AND {where}
"""


def _part(where: str, way: str, limit: str, *, notes: bool) -> str:
    """The first `limit` things of a thread, in the direction `way`, of which `where` holds."""
    parts = [_MESSAGES, _NOTES, _EVENTS] if notes else [_MESSAGES]
    each = [f"({part.format(where=where)} ORDER BY m.seq {way} LIMIT :{limit})" for part in parts]
    return f"(SELECT * FROM ({' UNION ALL '.join(each)}) AS said ORDER BY seq {way} LIMIT :{limit})"  # noqa: S608 - only parts of our own


@cache
def _forward(notes: bool) -> TextClause:
    return text(_part("m.seq > :after", "ASC", "limit", notes=notes))


@cache
def _backward(notes: bool) -> TextClause:
    return text(_part("m.seq < :before", "DESC", "limit", notes=notes))


@cache
def _around(notes: bool) -> TextClause:
    seen = _part("m.seq <= :after", "DESC", "seen", notes=notes)
    return text(f"{seen} UNION ALL {_part('m.seq > :after', 'ASC', 'limit', notes=notes)} ORDER BY seq")


async def since(
    session: AsyncSession,
    conversation_id: UUID,
    seq: int = 0,
    *,
    notes: bool = True,
    channel: str | None = None,
    limit: int = 200,
) -> list[Item]:
    """What came after a sequence number, oldest first; of one `channel` only, if given.

    Customers read it with `notes=False`, which also leaves out events and what has not left us yet.
    """
    asked = {"conversation": conversation_id, "after": seq, "channel": channel, "held": notes, "limit": limit}
    return _items(await session.execute(_forward(notes), asked))


async def end(
    session: AsyncSession,
    conversation_id: UUID,
    *,
    before: int | None = None,
    notes: bool = True,
    channel: str | None = None,
    limit: int = PAGE,
) -> Stretch:
    """The last items of a thread, or of what stands before `before`; see `since`."""
    asked = {
        "conversation": conversation_id,
        "before": _LAST if before is None else before,
        "channel": channel,
        "held": notes,
        "limit": limit + 1,
    }
    return _stretch(_items(await session.execute(_backward(notes), asked))[::-1], limit)


async def latest(
    session: AsyncSession,
    conversation_id: UUID,
    *,
    before: int | None = None,
    notes: bool = True,
    channel: str | None = None,
    limit: int = PAGE,
) -> list[Item]:
    """The last items (those before `before`, if given), oldest of them first; see `since`."""
    return (
        await end(session, conversation_id, before=before, notes=notes, channel=channel, limit=limit)
    ).items


async def around(
    session: AsyncSession,
    conversation_id: UUID,
    seq: int,
    *,
    seen: int,
    notes: bool = True,
    channel: str | None = None,
    limit: int = 200,
) -> tuple[list[Item], list[Item]]:
    """The last `seen` items up to a sequence number, and what came after it; see `since`."""
    asked = {
        "conversation": conversation_id,
        "after": seq,
        "channel": channel,
        "held": notes,
        "seen": seen,
        "limit": limit,
    }
    items = _items(await session.execute(_around(notes), asked))
    place = sum(item.seq <= seq for item in items)
    return items[:place], items[place:]


# What says the end of a thread as colleagues see it, as a part of a statement: `read` reads its JSON, newest first.
# Its value: conversation.
END = f"""
SELECT coalesce(json_agg(json_build_array(
    id, seq, kind, at, who, text, inbound, subject, html, status, reason, cast(recipients AS json), verified,
    done, release_at, staff_id, sender, welcome, automatic, cast(attachments AS json)
) ORDER BY seq DESC), '[]')
FROM {_part("true", "DESC", str(PAGE + 1), notes=True)} AS the_end
"""  # noqa: S608 - only parts of our own are put in
for _value, _always in ((":channel", "NULL"), (":held", "true"), (f":{PAGE + 1}", str(PAGE + 1))):
    END = END.replace(_value, _always)


class _Addressed(msgspec.Struct):
    to: list[str] = []
    cc: list[str] = []
    bcc: list[str] = []


_addressed = msgspec.json.Decoder(_Addressed).decode
_enclosed = msgspec.json.Decoder(list[File]).decode


def _item(said: Sequence[Any], to: _Addressed, more: Sequence[Any], enclosed: list[File]) -> Item:
    return Item._make([*said, to.to, *more, enclosed, to.cc, to.bcc])


def _items(rows: Iterable[Sequence[Any]]) -> list[Item]:
    """Rows of a thread, whose recipients and attachments come as JSON."""
    return [
        _item(
            row[:11],
            _addressed(row[11] or "{}"),
            row[12:19],
            _enclosed(row[19]) if row[19] is not None else [],
        )
        for row in rows
    ]


class _Told(NamedTuple):
    """An item as `END` tells it."""

    id: UUID
    seq: int
    kind: str
    at: datetime
    who: str
    text: str
    inbound: bool
    subject: str
    html: int
    status: str
    reason: str
    recipients: _Addressed | None
    verified: bool
    done: str
    release_at: datetime | None
    staff_id: UUID | None
    sender: str
    welcome: bool
    automatic: bool
    attachments: list[File] | None


_told = msgspec.json.Decoder(list[_Told]).decode
_NOBODY = _Addressed()


def read(told: str) -> Stretch:
    """The end of a thread, as `END` tells it."""
    items = [_item(one[:11], one[11] or _NOBODY, one[12:19], one[19] or []) for one in _told(told)]
    return _stretch(items[::-1], PAGE)


def _stretch(items: list[Item], limit: int) -> Stretch:
    return Stretch(items[1:], items[0].at) if len(items) > limit else Stretch(items, None)


async def letter(session: AsyncSession, conversation_id: UUID, message_id: UUID) -> Message:
    """A message of this conversation. Raises NotFound for one of any other."""
    message = await session.get(Message, message_id)
    if message is None or message.conversation_id != conversation_id:
        raise NotFound("That message does not exist.")
    return message


async def file(session: AsyncSession, conversation_id: UUID, attachment_id: UUID) -> tuple[Attachment, Kept]:
    """A file of a message of this conversation. Raises NotFound for one of any other."""
    attachment, kept = await files.of_attachment(session, attachment_id)
    message = await session.get(Message, attachment.message_id)
    if message is None or message.conversation_id != conversation_id:
        raise NotFound("That file does not exist.")
    return attachment, kept
