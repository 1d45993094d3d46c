"""Announcements: what became of messages, told to the timeline, to whoever made them, and to the open pages."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sqlalchemy import RowMapping, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels.happenings import MessageFailed
from channels.models import Message, MessageStatus, table
from channels.outbox import sent
from core.nudges import nudge
from customers.timeline import Entry, append_many

MESSAGE = table(Message)
# All but the bodies of a letter, which only sending needs.
LIGHT = [column for column in MESSAGE.c if column.key != "html"]
# What makes messages that open a door for whoever reads them: codes and links to sign in.
SECRET = frozenset({"sign_in"})

Recorded = Callable[[AsyncSession, Sequence[RowMapping]], Awaitable[None]]
_recorded: dict[str, Recorded] = {}


def on_recorded(source_kind: str, callback: Recorded) -> None:
    """Have `callback(session, rows)` called in the transaction that records what became of these messages.

    `rows` map the columns of Message (not `html`, `recipients` and `headers`) as they stand then: status sent,
    failed, held, unknown, or queued to be tried again. Whoever registers also puts on the timeline what belongs
    there.
    """
    _recorded[source_kind] = callback


async def announce(session: AsyncSession, rows: Sequence[RowMapping]) -> None:
    """Tell the timeline, or whoever made the messages, and the open pages; `rows` map LIGHT.

    Of a message that holds a secret the timeline learns nothing, and its words go when they are not needed.
    """
    await _forget(session, [row for row in rows if row["source_kind"] in SECRET])
    rows = [row for row in rows if row["source_kind"] not in SECRET]
    owned: dict[str, list[RowMapping]] = defaultdict(list)
    entries: list[Entry] = []
    for row in rows:
        if row["source_kind"] in _recorded:
            owned[row["source_kind"]].append(row)
        elif row["status"] in (MessageStatus.SENT, MessageStatus.DELIVERED):
            entries.append(sent(row))
        elif row["status"] == MessageStatus.FAILED:
            entries.append(failed(row))
        if row["conversation_id"] is not None:
            nudge(session, f"conversation:{row['conversation_id']}", str(row["seq"]))
    await append_many(session, entries)
    for source_kind, theirs in owned.items():
        await _recorded[source_kind](session, theirs)


def failed(row: Any) -> Entry:
    """The timeline entry of a message that will not arrive; `row` maps the columns of Message."""
    return Entry(
        row["customer_id"],
        MessageFailed(
            message_id=str(row["id"]),
            channel=row["channel"],
            subject=row["subject"],
            reason=row["reason"] or "",
            author=row["author"],
            conversation_id=str(row["conversation_id"] or ""),
        ),
        source_key=f"message:{row['id']}",
        subject_id=row["conversation_id"] or row["id"],
    )


async def _forget(session: AsyncSession, rows: Sequence[RowMapping]) -> None:
    over = [
        row["id"]
        for row in rows
        if row["status"] in (MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.FAILED)
        or (row["status"] == MessageStatus.UNKNOWN and row["release_at"] is None)
    ]
    if over:
        await session.execute(update(MESSAGE).where(MESSAGE.c.id.in_(over)).values(text="", html=None))
