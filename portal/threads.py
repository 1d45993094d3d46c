"""Threads as they are read: letters, bubbles, notes and events, with the days between them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from babel.dates import format_date
from babel.numbers import format_decimal

from channels.models import Scanned
from core.clock import now
from core.rendering import current_locale, local, moment, spoken
from core.rendering import gettext as _
from support.quotes import fold
from support.threads import NO_HTML, REMOTE_HTML, RICH_HTML, File, Item

BUBBLES = ("chat", "sms", "whatsapp")
# What a browser may be given to show as a picture, and up to which size a thread shows it small.
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
SHOWN_SMALL = 5_000_000


@dataclass(frozen=True)
class Shown:
    """An item of a thread in words; `day` is set on the first of each day."""

    id: UUID
    seq: int
    form: str  # bubble, letter, note, event
    kind: str
    day: str
    who: str
    text: str
    quoted: str
    at: datetime
    mine: bool
    state: str
    reason: str
    subject: str
    recipients: str
    unproven: bool
    files: tuple[tuple[str, str, str], ...]
    mark: str = ""  # the icon of an event
    detail: str = ""  # what a provider or relay said, as they said it
    exact: str = ""  # the day and the minute
    # For staff, of a letter: where it is read, forwarded and looked into; of an event: where it leads.
    url: str = ""
    address: str = ""  # the sender's
    framed: bool = False  # its own HTML says more than its text
    html: bool = False  # it has HTML of its own at all
    remote: bool = False  # pictures from elsewhere wait to be asked for
    pictures: tuple[tuple[str, str], ...] = ()  # name and address
    undo: bool = False  # it waits to leave, and the reader may take it back
    failed: bool = False
    sent_to: str = ""
    folded: bool = False  # a machine of ours said it, and it arrived


def show(
    items: Sequence[Item],
    *,
    by: str,
    place: str,
    after: datetime | None = None,
    you: Callable[[Item], bool] | None = None,
    tell: Callable[[Item], tuple[str, str, str]] | None = None,
    explain: Callable[[Item], tuple[str, str]] | None = None,
    nameless: str = "",
    reader: UUID | None = None,
) -> list[Shown]:
    """A thread for a reader.

    `by` is whose side is "mine": "staff" or "customer". `place` is the address that files and frames
    stand under; `after` the instant of the item before the first, so that its day is not said twice;
    `tell` says an event in words, with its icon and where it leads; `explain` what became of an answer, with
    what a provider said of it; `nameless` is what to call a customer without a name, `reader` the colleague who reads.
    """
    shown = []
    last = local(after).date() if after else None
    for item in items:
        day = local(item.at).date()
        form = item.kind if item.kind in ("note", "event") else "bubble" if item.kind in BUBBLES else "letter"
        words, quoted = (item.text, "") if form != "letter" else fold(item.text, item.subject)
        mark = elsewhere = ""
        if form == "event" and tell is not None:
            words, mark, elsewhere = tell(item)
        reason, detail = explain(item) if explain is not None else ("", "")
        taken_back = item.status == "held" and item.release_at is None
        unnamed = nameless if nameless and item.inbound else _("Somebody")
        shown.append(
            Shown(
                id=item.id,
                seq=item.seq,
                form=form,
                kind=item.kind,
                day="" if day == last else _day(item.at),
                who=_("You") if you is not None and you(item) else item.who or unnamed,
                text=words,
                quoted=quoted,
                at=item.at,
                mine=item.inbound == (by == "customer"),
                state="" if taken_back else item.status if by == "staff" or item.status == "failed" else "",
                reason=_("Taken back, not sent") if taken_back and by == "staff" else reason,
                subject=item.subject,
                recipients=_recipients(item, by),
                unproven=by == "staff" and item.inbound and not item.verified,
                files=tuple(_file(file, place) for file in item.attachments if not _inside(file, item, by)),
                mark=mark,
                detail="" if taken_back else detail,
                exact=moment(item.at),
                **(
                    _for_staff(item, place, reader)
                    if by == "staff" and form == "letter"
                    else {"url": elsewhere}
                ),
            )
        )
        last = day
    return shown


def _for_staff(item: Item, place: str, reader: UUID | None) -> dict[str, Any]:
    small = [file for file in item.attachments if _picture(file) and not _inside(file, item, "staff")]
    return {
        "url": f"{place}/messages/{item.id}",
        "address": item.sender if item.sender != item.who else "",
        "html": item.html != NO_HTML,
        "framed": item.html >= RICH_HTML,
        "remote": item.html == REMOTE_HTML and not item.welcome,
        "pictures": tuple((file.filename, f"{place}/attachments/{file.id}") for file in small),
        "undo": item.status == "held" and item.release_at is not None and item.staff_id == reader,
        "folded": item.automatic
        and not item.inbound
        and item.status in ("queued", "sending", "sent", "delivered"),
        "failed": item.status == "failed" and item.staff_id is not None,
        "sent_to": item.recipients[0] if item.recipients and not item.inbound else "",
    }


def _inside(file: File, item: Item, by: str) -> bool:
    """Whether a reader sees a picture where the mail shows it."""
    return by == "staff" and file.within and item.html >= RICH_HTML and _picture(file)


def _picture(file: File) -> bool:
    safe = file.scanned not in (Scanned.INFECTED, Scanned.PENDING)
    return safe and file.content_type in PICTURES and file.size <= SHOWN_SMALL


def _recipients(item: Item, by: str) -> str:
    if item.kind == "portal":
        return _("written on the website")
    if not item.recipients:
        return ""
    said = [_("to %(addresses)s") % {"addresses": ", ".join(item.recipients)}]
    if item.copies:
        said.append(f"Cc {', '.join(item.copies)}")
    if item.hidden and by == "staff":
        said.append(f"Bcc {', '.join(item.hidden)}")
    return " · ".join(said)


def _day(instant: datetime) -> str:
    day = local(instant).date()
    today = local(now()).date()
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    return str(format_date(day, "full", locale=spoken()))


def _file(file: File, place: str) -> tuple[str, str, str]:
    """Its name, its size and its address; why nobody gets it, and no address, where a scanner has not passed it."""
    if file.scanned == Scanned.INFECTED:
        return file.filename, _("holds a virus"), ""
    if file.scanned == Scanned.TOO_LARGE:
        return file.filename, _("too large to be checked for viruses"), ""
    if file.scanned == Scanned.PENDING:
        return file.filename, _("being checked"), ""
    return file.filename, size_words(file.size), f"{place}/attachments/{file.id}"


def size_words(count: int) -> str:
    """A number of bytes, as people say it."""
    unit, value = ("MB", count / 1_000_000) if count >= 1_000_000 else ("kB", max(1, round(count / 1000)))
    return f"{format_decimal(round(value, 1), locale=current_locale())} {unit}"
