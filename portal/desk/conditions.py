"""Conditions as people meet them: a row of a form, and a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from campaigns import conditions as c
from campaigns import topics
from core.errors import Invalid
from core.money import formatted
from core.rendering import current_locale
from core.rendering import gettext as _
from customers.timeline import Happening
from portal.customer.tracking import channel_words, topic_words

ROWS = 30


@dataclass(frozen=True)
class Input:
    """One input of a row; `options` make it a choice."""

    name: str
    label: str
    value: str = ""
    kind: str = "text"
    options: tuple[tuple[str, str], ...] = ()


@dataclass
class Row:
    """A condition in the making: what was typed, by input name, and what is wrong with it."""

    type: str
    typed: dict[str, str] = field(default_factory=dict)
    negated: bool = False
    error: str = ""


@dataclass
class Portrait:
    """A segment in the making: its name, whether all or any rows must hold, and the rows."""

    name: str = ""
    match: str = "all"
    rows: list[Row] = field(default_factory=list)


def types() -> list[tuple[str, str]]:
    return [
        ("has_consent", _("allows us to write")),
        ("profile_is", _("profile is")),
        ("profile_contains", _("profile contains")),
        ("trait", _("number")),
        ("when", _("time since")),
        ("happened", _("happened")),
        ("never_happened", _("never happened")),
        ("has_identity", _("can be reached by")),
        ("in_segment", _("is in the segment")),
    ]


def _fields() -> tuple[tuple[str, str], ...]:
    return (
        ("name", _("Name")),
        ("company", _("Company")),
        ("locale", _("Language")),
        ("country", _("Country")),
        ("source", _("Came from")),
        ("attributes", _("Own attribute")),
    )


def _traits() -> tuple[tuple[str, str], ...]:
    return (
        ("orders", _("Orders")),
        ("spend", _("Spent")),
        ("messages_in", _("Messages to us")),
        ("tickets", _("Tickets")),
        ("campaigns_sent", _("Campaigns received")),
        ("campaigns_clicked", _("Campaigns clicked")),
    )


def _times() -> tuple[tuple[str, str], ...]:
    return (
        ("last_order_at", _("Last order")),
        ("first_order_at", _("First order")),
        ("created_at", _("Known to us")),
        ("last_message_in_at", _("Last message to us")),
        ("last_click_at", _("Last click")),
        ("last_seen_at", _("Last seen")),
    )


def _comparisons() -> tuple[tuple[str, str], ...]:
    return (("at_least", _("at least")), ("at_most", _("at most")), ("exactly", _("exactly")))


def _periods() -> tuple[tuple[str, str], ...]:
    return (("within", _("within the last")), ("before", _("longer ago than")))


def kinds() -> tuple[tuple[str, str], ...]:
    """The declared kinds of happenings, as they are called on the line."""
    found = sorted(kind.kind() for kind in Happening.__subclasses__())
    return tuple((kind, kind.replace(".", " ").replace("_", " ").capitalize()) for kind in found)


def inputs(row: Row, segments: Sequence[tuple[str, str]]) -> list[Input]:
    """The inputs that a row of its type has, filled with what was typed."""

    def made(name: str, label: str, kind: str = "text", options: Sequence[tuple[str, str]] = ()) -> Input:
        return Input(name, label, row.typed.get(name, ""), "select" if options else kind, tuple(options))

    match row.type:
        case "profile_is" | "profile_contains":
            attribute = [made("attribute", _("Which"))] if row.typed.get("field") == "attributes" else []
            return [made("field", _("Field"), options=_fields()), *attribute, made("value", _("Value"))]
        case "has_consent":
            channels = [(name, channel_words(name)) for name in topics.CHANNELS]
            offered = [(topic.key, topic_words(topic.key)[0]) for topic in topics.TOPICS]
            return [
                made("channel", _("Channel"), options=channels),
                made("topic", _("Topic"), options=offered),
            ]
        case "has_identity":
            ways = [("email", _("E-mail")), ("phone", _("Phone")), ("chat", _("Chat"))]
            proofs = [("", _("claimed or verified")), ("on", _("verified"))]
            return [made("kind", _("Way"), options=ways), made("verified", _("Proof"), options=proofs)]
        case "trait":
            return [
                made("trait", _("What"), options=_traits()),
                made("compare", _("Compared"), options=_comparisons()),
                made("value", _("Number"), "number"),
            ]
        case "when":
            return [
                made("trait", _("What"), options=_times()),
                made("compare", _("Compared"), options=_periods()),
                made("days", _("Days"), "number"),
            ]
        case "happened":
            return [
                made("kind", _("What"), options=kinds()),
                made("at_least", _("At least, times"), "number"),
                made("within_days", _("In the last days (empty: ever)"), "number"),
            ]
        case "never_happened":
            return [
                made("kind", _("What"), options=kinds()),
                made("within_days", _("In the last days (empty: ever)"), "number"),
            ]
        case "in_segment":
            return [made("segment_id", _("Segment"), options=list(segments) or [("", _("none yet"))])]
        case _:
            return []


def settle(row: Row, segments: Sequence[tuple[str, str]]) -> None:
    """Choose, where nothing is chosen yet, what the browser shows as chosen: the first."""
    for each in inputs(row, segments):
        if each.options and each.value not in {value for value, _words in each.options}:
            row.typed[each.name] = each.options[0][0]


def read(form: Mapping[str, Any]) -> Portrait:
    """What the builder's form says, complete or not; its buttons add and remove rows."""
    portrait = Portrait(_line(form.get("name")), "any" if form.get("match") == "any" else "all")
    act = str(form.get("act", ""))
    known = {name for name, _words in types()}
    for place in range(ROWS):
        kind = str(form.get(f"{place}-type", ""))
        if kind in known and act != f"remove-{place}":
            typed = {
                key.partition("-")[2]: _line(value)
                for key, value in form.items()
                if key.startswith(f"{place}-") and isinstance(value, str)
            }
            negated = typed.pop("negated", "") != ""
            portrait.rows.append(Row(kind, typed, negated))
    if act == "add" and len(portrait.rows) < ROWS:
        portrait.rows.append(Row("has_consent"))
    return portrait


def condition(portrait: Portrait) -> c.Condition:
    """The portrait as a condition. Raises Invalid, with the error also beside each row that is wrong."""
    parts: list[c.Condition] = []
    for row in portrait.rows:
        try:
            part = c.decode(_definition(row))
        except (Invalid, ValueError):
            row.error = _("Fill this in completely.")
            continue
        parts.append(c.Not(part) if row.negated else part)
    if any(row.error for row in portrait.rows):
        raise Invalid(_("A condition is not complete. Nothing was saved; what you entered is still here."))
    return c.AnyOf(tuple(parts)) if portrait.match == "any" else c.AllOf(tuple(parts))


def _definition(row: Row) -> dict[str, Any]:
    typed = {key: value for key, value in row.typed.items() if value != "" and key != "type"}
    if row.type in ("profile_is", "profile_contains"):
        attribute = typed.pop("attribute", "")
        if typed.get("field") == "attributes":
            typed["field"] = f"attributes.{attribute}"
    allowed = {each.name for each in inputs(row, [("", "")])}
    made: dict[str, Any] = {key: value for key, value in typed.items() if key in allowed}
    for key in ("days", "at_least", "within_days", *(("value",) if row.type == "trait" else ())):
        if key in made:
            made[key] = int(made[key])
    if row.type == "trait" and made.get("trait") == "spend" and "value" in made:
        made["value"] *= 100
    if row.type == "has_identity":
        made["verified"] = "verified" in made
    return {"type": row.type, **made}


def portrait(name: str, condition: c.Condition) -> Portrait | None:
    """A kept segment as the builder shows it; None for one that is nested deeper than its rows can say."""
    if not isinstance(condition, c.AllOf | c.AnyOf):
        condition = c.AllOf((condition,))
    made = Portrait(name, "any" if isinstance(condition, c.AnyOf) else "all")
    for part in condition.conditions:
        negated = isinstance(part, c.Not)
        inner = part.condition if isinstance(part, c.Not) else part
        if isinstance(inner, c.AllOf | c.AnyOf | c.Not):
            return None
        made.rows.append(_row(inner, negated))
    return made


def _row(condition: c.Condition, negated: bool) -> Row:
    encoded = c.encode(condition)
    kind = encoded.pop("type")
    if isinstance(condition, c.TraitCompare) and condition.trait == "spend":
        encoded["value"] = condition.value // 100
    if isinstance(condition, c.ProfileIs | c.ProfileContains) and condition.field.startswith("attributes."):
        encoded["field"], encoded["attribute"] = "attributes", condition.field.removeprefix("attributes.")
    if isinstance(condition, c.HasIdentity):
        encoded["verified"] = "on" if condition.verified else ""
    typed = {key: str(value) for key, value in encoded.items() if value is not None}
    return Row(kind, typed, negated)


def sentence(condition: c.Condition, names: Mapping[UUID, str], currency: str) -> str:
    """What a condition asks, in words; `names` are those of the segments."""
    match condition:
        case c.AllOf(()):
            return _("Everyone")
        case c.AllOf():
            return _("All of these hold")
        case c.AnyOf():
            return _("At least one of these holds")
        case c.Not():
            return _("This does not hold")
        case c.ProfileIs(name, value):
            return _("%(field)s is “%(value)s”") % {"field": _field(name), "value": value}
        case c.ProfileContains(name, value):
            return _("%(field)s contains “%(value)s”") % {"field": _field(name), "value": value}
        case c.HasConsent(channel, topic):
            told = {"topic": topic_words(topic)[0], "channel": channel_words(channel)}
            return _("Allows “%(topic)s” by %(channel)s") % told
        case c.HasIdentity(kind, verified):
            told = {"way": {"email": _("E-mail"), "phone": _("Phone"), "chat": _("Chat")}[kind]}
            return (_("Has a verified way: %(way)s") if verified else _("Can be reached by %(way)s")) % told
        case c.TraitCompare(trait, compare, value):
            number = formatted(value, currency, current_locale()) if trait == "spend" else str(value)
            told = {
                "what": dict(_traits())[trait],
                "compared": dict(_comparisons())[compare],
                "number": number,
            }
            return _("%(what)s: %(compared)s %(number)s") % told
        case c.TimeCompare(trait, compare, days):
            told = {"what": dict(_times())[trait], "compared": dict(_periods())[compare], "days": str(days)}
            return _("%(what)s: %(compared)s %(days)s days") % told
        case c.Happened(kind, at_least, within):
            told = {"what": _kind(kind), "times": str(at_least), "days": str(within)}
            if within is None:
                return _("%(what)s: at least %(times)s times") % told
            return _("%(what)s: at least %(times)s times in the last %(days)s days") % told
        case c.NeverHappened(kind, within):
            told = {"what": _kind(kind), "days": str(within)}
            if within is None:
                return _("%(what)s: never") % told
            return _("%(what)s: not in the last %(days)s days") % told
        case c.InSegment(segment_id):
            return _("Is in the segment “%(name)s”") % {"name": names.get(segment_id, "?")}


def _field(name: str) -> str:
    return dict(_fields()).get(name, name.removeprefix("attributes."))


def _kind(kind: str) -> str:
    return kind.replace(".", " ").replace("_", " ").capitalize()


def _line(value: object) -> str:
    return " ".join(str(value or "").replace("\x00", "").split())[:200]
