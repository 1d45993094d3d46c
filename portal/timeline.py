"""The line in words: a sentence for each kind of happening, for staff and for customers in their history."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core import money
from core.rendering import current_locale, month
from core.rendering import gettext as _
from customers import timeline
from customers.models import TimelineEntry
from portal import cursors, reasons

PAGE = 40


_PLACES = {
    "message": "inbox", "ticket": "inbox", "note": "inbox", "order": "store", "invoice": "money",
    "payment": "money", "consent": "customers",
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """An entry as it is read: a sentence, and where it leads."""

    entry_id: UUID
    kind: str
    sentence: str
    occurred_at: datetime
    month: str
    channel: str | None = None
    href: str | None = None
    detail: str = ""

    @property
    def place(self) -> str:
        """The part of the desk whose colleagues may see it in full; empty where the sentence says it all."""
        return _PLACES.get(self.kind.split(".")[0], "")

    @property
    def part(self) -> str:
        """The part of the desk that it leads to; not every colleague may open each."""
        return self.href.split("/")[2] if self.href and self.href.startswith("/desk/") else ""


@dataclass(frozen=True)
class Line:
    """A page of a line: entries under their months, and the cursor of what is older."""

    months: list[tuple[str, list[Told]]]
    older: str | None


Entry = TimelineEntry | timeline.Happened
Facts = dict[str, Any]
Words = Callable[[Facts], str]


def _amount(facts: Facts, name: str = "amount") -> str:
    try:
        return money.formatted(int(facts[name]), str(facts["currency"]), current_locale())
    except (KeyError, TypeError, ValueError):
        return ""


def _channel(facts: Facts) -> str:
    return {
        "email": _("E-mail"),
        "sms": _("SMS"),
        "chat": _("Chat"),
        "webchat": _("Chat"),
        "portal": _("Website"),
        "voice": _("Phone"),
    }.get(str(facts.get("channel", "")), str(facts.get("channel", "")))


def _channel_name(facts: Facts) -> str:
    return str(facts.get("channel", ""))


def _of(template: str, **more: Any) -> str:
    """`template` is translated already; a value that is missing is left blank, an old payload still reads."""
    return (template % _Lenient(more)).strip()


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


# What staff read. A sentence says who did what; "the customer" goes without saying.
STAFF: dict[str, Words] = {
    "message.received": lambda f: (
        reasons.keyword(_channel_name(f), _said(f))
        or _of(
            _("Automatic message: %(said)s") if f.get("automated") else _("Wrote: %(said)s"), said=_said(f)
        )
    ),
    "message.sent": lambda f: _of(
        _("We wrote: %(said)s") if f.get("author") == "staff" else _("Was sent: %(said)s"), said=_said(f)
    ),
    "message.failed": lambda f: _of(
        _("Could not be reached: %(reason)s"),
        reason=reasons.unreached(_channel_name(f), str(f.get("reason", ""))),
    ),
    "message.complained": lambda f: _of(_("Called a mail of ours junk: %(subject)s"), **f),
    "ticket.opened": lambda f: _of(_("Ticket %(number)s opened: %(title)s"), **f),
    "ticket.assigned": lambda f: _of(_("Ticket %(number)s given to %(assignee)s"), **f),
    "ticket.solved": lambda f: _of(_("Ticket %(number)s solved: %(title)s"), **f),
    "ticket.reopened": lambda f: _of(_("Ticket %(number)s reopened: %(title)s"), **f),
    "note.written": lambda f: _of(_("%(author)s wrote a note"), **f),
    "order.placed": lambda f: _of(
        _("Ordered %(what)s for %(total)s (order %(number)s)"),
        what=_things(f),
        total=_amount(f, "total"),
        number=f.get("number", ""),
    ),
    "order.cancelled": lambda f: _of(_("Order %(number)s cancelled"), **f),
    "order.shipped": lambda f: _of(_("Order %(number)s shipped with %(carrier)s"), **f),
    "order.delivered": lambda f: _of(_("Order %(number)s delivered"), **f),
    "review.written": lambda f: _of(_("Reviewed %(product)s: %(rating)s of 5 stars"), **f),
    "invoice.issued": lambda f: _of(
        _("Credit note %(number)s over %(sum)s")
        if f.get("credits")
        else _("Invoice %(number)s over %(sum)s"),
        number=f.get("number", ""),
        sum=_amount(f, "total"),
    ),
    "invoice.paid": lambda f: _of(_("Invoice %(number)s paid in full"), **f),
    "payment.succeeded": lambda f: _of(_("Paid %(sum)s by %(how)s"), sum=_amount(f), how=_method(f)),
    "payment.failed": lambda f: _of(
        _("Payment of %(sum)s by %(how)s failed"), sum=_amount(f), how=_method(f)
    ),
    "payment.refunded": lambda f: _of(_("%(sum)s paid back"), sum=_amount(f)),
    "campaign.sent": lambda f: _of(_("Received the campaign “%(broadcast)s”"), **f),
    "campaign.clicked": lambda f: _of(_("Clicked in the campaign “%(broadcast)s”"), **f),
    "campaign.unsubscribed": lambda f: _of(_("Unsubscribed through the campaign “%(broadcast)s”"), **f),
    "lead.captured": lambda f: _of(_("Showed interest: %(source)s"), source=f["source"]),
    "consent.granted": lambda f: _of(_("Allowed %(topic)s by %(how)s"), topic=_topic(f), how=_channel(f)),
    "consent.withdrawn": lambda f: _of(
        _("Withdrew consent to %(topic)s by %(how)s"), topic=_topic(f), how=_channel(f)
    ),
    "customer.signed_in": lambda f: _("Signed in"),
}
# Where customers read something other than staff do.
CUSTOMER: dict[str, Words] = {
    "message.received": lambda f: _of(_("You wrote: %(said)s"), said=_said(f)),
    "message.sent": lambda f: _of(_("We wrote: %(said)s"), said=_said(f)),
    "ticket.opened": lambda f: _of(_("You asked us: %(title)s"), **f),
    "ticket.solved": lambda f: _of(_("Solved: %(title)s"), **f),
    "ticket.reopened": lambda f: _of(_("Opened again: %(title)s"), **f),
    "order.placed": lambda f: _of(
        _("You ordered %(what)s for %(total)s"), what=_things(f), total=_amount(f, "total")
    ),
    "review.written": lambda f: _of(_("You reviewed %(product)s: %(rating)s of 5 stars"), **f),
    "payment.succeeded": lambda f: _of(_("You paid %(sum)s by %(how)s"), sum=_amount(f), how=_method(f)),
    "payment.refunded": lambda f: _of(_("We paid %(sum)s back to you"), sum=_amount(f)),
    "campaign.sent": lambda f: _of(
        _("We sent you “%(title)s”"), title=f.get("subject") or f.get("broadcast")
    ),
    "campaign.unsubscribed": lambda f: _("You unsubscribed"),
    "consent.granted": lambda f: _of(
        _("You allowed us to send you %(topic)s by %(how)s"), topic=_topic(f), how=_channel(f)
    ),
    "consent.withdrawn": lambda f: _of(
        _("You no longer want %(topic)s by %(how)s"), topic=_topic(f), how=_channel(f)
    ),
    "customer.signed_in": lambda f: _("You signed in"),
}


def _said(facts: Facts) -> str:
    return str(facts.get("subject") or facts.get("preview") or _("(without words)"))


def _things(facts: Facts) -> str:
    names = list(dict.fromkeys(str(name) for name in facts.get("names", [])))  # one in two sizes is one thing
    shown = ", ".join(names[:2])
    more = len(names) - 2
    return _of(_("%(names)s and %(count)s more"), names=shown, count=more) if more > 0 else shown


def _method(facts: Facts) -> str:
    return {
        "card": _("card"),
        "bank_transfer": _("bank transfer"),
        "transfer": _("bank transfer"),
    }.get(str(facts.get("method", "")), str(facts.get("method", "")).replace("_", " "))


def _topic(facts: Facts) -> str:
    return {"news": _("news")}.get(str(facts.get("topic", "")), str(facts.get("topic", "")))


# What the filter chips of a line stand for: the first word of a kind.
FAMILIES: dict[str, tuple[str, ...]] = {
    "messages": ("message",),
    "orders": ("order", "cart", "fulfilment", "return", "review"),
    "money": ("invoice", "payment"),
    "tickets": ("ticket", "note"),
    "campaigns": ("campaign", "consent"),
}


# The roads that a line can be filtered by; chat by the name that its messages carry.
CHANNELS = ("email", "sms", "chat", "voice")


def channels() -> list[tuple[str, str]]:
    """The chips of roads: (channel, words)."""
    return [("email", _("E-mail")), ("sms", _("SMS")), ("chat", _("Chat")), ("voice", _("Phone"))]


def families() -> list[tuple[str, str, str]]:
    """The chips of a line: (name, words, a kind whose hue and icon it has)."""
    return [
        ("messages", _("Messages"), "message.received"),
        ("orders", _("Orders"), "order.placed"),
        ("money", _("Money"), "invoice.issued"),
        ("tickets", _("Tickets"), "ticket.opened"),
        ("campaigns", _("Campaigns and consent"), "campaign.sent"),
    ]


def kinds_of(family: str) -> list[str] | None:
    """The kinds behind a chip; None, which is all of them, for a chip nobody knows."""
    if family not in FAMILIES:
        return None
    return [kind for kind in STAFF if kind.split(".")[0] in FAMILIES[family]]


def tell(entry: Entry, *, at_desk: bool = True) -> Told:
    """An entry in the reader's language; a kind that nobody has words for yet still reads."""
    words = STAFF.get(entry.kind) if at_desk else CUSTOMER.get(entry.kind, STAFF.get(entry.kind))
    sentence = words(entry.payload) if words else _plainly(entry)
    channel = entry.payload.get("channel") if entry.kind.startswith(("message.", "campaign.")) else None
    return Told(
        entry_id=entry.id,
        kind=entry.kind,
        sentence=sentence,
        occurred_at=entry.occurred_at,
        month=month(entry.occurred_at),
        channel=str(channel) if channel else None,
        href=_href(entry, at_desk),
        detail=_detail(entry),
    )


def _detail(entry: Entry) -> str:
    if not entry.kind.startswith("message."):
        return ""
    return str(entry.payload.get("preview") or entry.payload.get("reason") or "")


def _plainly(entry: Entry) -> str:
    noun, _dot, past = entry.kind.partition(".")
    name = entry.payload.get("number") or entry.payload.get("name") or entry.payload.get("title") or ""
    return " ".join(f"{noun} {name} {past}".replace("_", " ").split()).capitalize()


def _href(entry: Entry, at_desk: bool) -> str | None:
    family = entry.kind.split(".")[0]
    facts = entry.payload
    if entry.subject_id is None:
        return None
    if family == "message" and not facts.get("conversation_id"):
        return None  # a receipt or a campaign: not in a thread
    if family in ("message", "ticket", "note"):
        return f"/desk/inbox/{entry.subject_id}" if at_desk else f"/account/conversations/{entry.subject_id}"
    # People know orders and invoices by their number, and so do their pages.
    if family == "order" and facts.get("number"):
        return f"{'/desk/store/orders' if at_desk else '/account/orders'}/{facts['number']}"
    if family in ("invoice", "payment") and (label := facts.get("number") or facts.get("invoice")):
        return f"{'/desk/money/invoices' if at_desk else '/account/invoices'}/{label}"
    if family == "review" and facts.get("slug"):
        return f"{'/desk/store/products' if at_desk else '/p'}/{facts['slug']}"
    if family == "campaign":
        return f"/desk/campaigns/{entry.subject_id}" if at_desk else None
    return None


async def read(
    session: AsyncSession,
    records: Sequence[UUID],
    *,
    at_desk: bool = True,
    family: str = "",
    channel: str = "",
    before: str | None = None,
    limit: int = PAGE,
) -> Line:
    """A page of the line of a person whose records these are, as `merging.group` names them, newest first.

    `before` is the cursor of an earlier page; `family` keeps the kinds behind one chip, `channel` what was said on
    one road.
    """
    asked_ = asked(at_desk=at_desk, family=family, channel=channel, before=before, limit=limit)
    return _line(await timeline.history_of(session, records, **asked_), limit, at_desk=at_desk)


def asked(
    *,
    at_desk: bool = True,
    family: str = "",
    channel: str = "",
    before: str | None = None,
    limit: int = PAGE,
) -> dict[str, Any]:
    """What `timeline.history_of` is asked for a page of a line, of one entry more; see `read`."""
    kinds = kinds_of(family)
    if not at_desk:
        shared = timeline.shared_kinds()
        kinds = shared if kinds is None else [kind for kind in kinds if kind in shared]
    return {
        "kinds": kinds,
        "channel": channel if channel in CHANNELS else "",
        "before": cursors.read(before),
        "limit": limit + 1,
    }


def line(told: str, limit: int = PAGE) -> Line:
    """A page of a line for the desk, of what `timeline.telling` told of one entry more."""
    return _line(timeline.read(told), limit, at_desk=True)


def _line(entries: Sequence[timeline.Happened], limit: int, *, at_desk: bool) -> Line:
    older = (
        cursors.write(entries[limit - 1].occurred_at, entries[limit - 1].id) if len(entries) > limit else None
    )
    return Line(by_month([tell(entry, at_desk=at_desk) for entry in entries[:limit]]), older)


def by_month(told: Sequence[Told]) -> list[tuple[str, list[Told]]]:
    months: list[tuple[str, list[Told]]] = []
    for entry in told:
        if not months or months[-1][0] != entry.month:
            months.append((entry.month, []))
        months[-1][1].append(entry)
    return months
