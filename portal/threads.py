"""Threads as they are read: letters, bubbles, notes and events, with the days between them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import nh3
from babel.dates import format_date
from babel.numbers import format_decimal
from litestar import Response

from channels.models import Scanned
from core.clock import now
from core.rendering import current_locale, local, spoken
from core.rendering import gettext as _
from support.quotes import fold
from support.threads import File, Item

BUBBLES = ("chat", "sms", "whatsapp")
# A stranger's HTML lives in a frame that may do nothing: no script, no form, nothing from elsewhere.
FRAME_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
_FRAME = """<!doctype html><meta charset="utf-8"><title>{title}</title>
<style>body{{font:14px/1.5 system-ui,sans-serif;margin:0;overflow-wrap:anywhere}}img{{max-width:100%}}
blockquote{{margin:0 0 0 .5em;padding-left:.75em;border-left:2px solid #bbb}}</style>{body}"""
_STYLES = {
    "color", "background-color", "font-weight", "font-style", "font-size", "text-align", "text-decoration",
    "padding", "margin", "border", "border-collapse", "width", "line-height", "list-style-type",
}  # fmt: skip


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
    frame: str | None
    files: tuple[tuple[str, str, str], ...]
    mark: str = ""  # the icon of an event
    detail: str = ""  # what a provider or relay said, as they said it


def show(
    items: Sequence[Item],
    *,
    by: str,
    place: str,
    after: datetime | None = None,
    you: Callable[[Item], bool] | None = None,
    tell: Callable[[Item], tuple[str, str]] | None = None,
    explain: Callable[[Item], tuple[str, str]] | None = None,
    nameless: str = "",
) -> list[Shown]:
    """A thread for a reader.

    `by` is whose side is "mine": "staff" or "customer". `place` is the address that files and frames
    stand under; `after` the instant of the item before the first, so that its day is not said twice;
    `tell` says an event in words, with its icon; `explain` what became of an answer, with what a provider
    said of it; `nameless` is what to call a customer without a name.
    """
    shown = []
    last = local(after).date() if after else None
    for item in items:
        day = local(item.at).date()
        form = item.kind if item.kind in ("note", "event") else "bubble" if item.kind in BUBBLES else "letter"
        words, quoted = (item.text, "") if form != "letter" else fold(item.text)
        mark = ""
        if form == "event" and tell is not None:
            words, mark = tell(item)
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
                recipients=_recipients(item),
                unproven=by == "staff" and item.inbound and not item.verified,
                frame=f"{place}/messages/{item.id}/html" if item.has_html and by == "staff" else None,
                files=tuple(_file(file, place) for file in item.attachments),
                mark=mark,
                detail="" if taken_back else detail,
            )
        )
        last = day
    return shown


def _recipients(item: Item) -> str:
    if item.kind == "portal":
        return _("written on the website")
    return _("to %(addresses)s") % {"addresses": ", ".join(item.recipients)} if item.recipients else ""


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


def _addressed(tag: str, name: str, value: str) -> str | None:
    # A page of data is none that anybody should be led to; a picture of it is only seen.
    is_data = value.lstrip().lower().startswith("data:")
    return None if is_data and (tag, name) != ("img", "src") else value


def frame(html: str, title: str) -> Response[str]:
    """A mail's own HTML, cleaned, under a policy that lets it do nothing."""
    body = nh3.clean(
        html,
        clean_content_tags={"script", "style", "title", "head"},
        attributes={"*": {"style"}, "a": {"href"}, "td": {"colspan", "rowspan"}, "img": {"alt", "src"}},
        attribute_filter=_addressed,
        filter_style_properties=_STYLES,
        url_schemes={"http", "https", "mailto", "tel", "data"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    page = _FRAME.format(title=nh3.clean_text(title), body=body)
    headers = {"content-security-policy": FRAME_POLICY, "referrer-policy": "no-referrer"}
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)
