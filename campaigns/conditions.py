"""The conditions that segments are made of: plain structs, decoded strictly, never SQL.

In JSON each condition carries its `type`: {"type": "has_consent", "channel": "email", "topic": "news"}.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from core.errors import Invalid

MAX_DEPTH = 6
MAX_CONDITIONS = 50

Value = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Days = Annotated[int, Meta(ge=1, le=3650)]
Kind = Annotated[str, Meta(pattern=r"^[a-z_]{1,40}\.[a-z_]{1,40}$")]
# "attributes." with a key, beside the fields of the customer's own record.
ProfileField = Annotated[
    str, Meta(pattern=r"^(name|company|locale|country|source|attributes\.[A-Za-z0-9_-]{1,60})$")
]
NumberTrait = Literal["orders", "spend", "messages_in", "tickets", "campaigns_sent", "campaigns_clicked"]
TimeTrait = Literal[
    "created_at", "first_order_at", "last_order_at", "last_message_in_at", "last_click_at", "last_seen_at"
]
Comparison = Literal["at_least", "at_most", "exactly"]


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    pass


class AllOf(Struct, tag="all", frozen=True):
    """Every condition holds; with none, everyone."""

    conditions: tuple["Condition", ...] = ()


class AnyOf(Struct, tag="any", frozen=True):
    """At least one condition holds; with none, nobody."""

    conditions: tuple["Condition", ...] = ()


class Not(Struct, tag="not", frozen=True):
    condition: "Condition"


class ProfileIs(Struct, tag="profile_is", frozen=True):
    """Upper and lower case are the same."""

    field: ProfileField
    value: Value


class ProfileContains(Struct, tag="profile_contains", frozen=True):
    """Upper and lower case are the same."""

    field: ProfileField
    value: Value


class HasConsent(Struct, tag="has_consent", frozen=True):
    channel: Literal["email", "sms"]
    topic: Value = "news"


class HasIdentity(Struct, tag="has_identity", frozen=True):
    kind: Literal["email", "phone", "chat"]
    verified: bool = False


class TraitCompare(Struct, tag="trait", frozen=True):
    """A number the timeline adds up to; someone with no history counts as 0. Spend is in minor units."""

    trait: NumberTrait
    compare: Comparison
    value: Annotated[int, Meta(ge=0, le=10**12)]


class TimeCompare(Struct, tag="when", frozen=True):
    """`within` the last N days, or `before` them; neither holds for what never was."""

    trait: TimeTrait
    compare: Literal["within", "before"]
    days: Days


class Happened(Struct, tag="happened", frozen=True):
    """A kind of happening stands on the timeline at least so often, in the last N days or ever."""

    kind: Kind
    at_least: Annotated[int, Meta(ge=1, le=1000)] = 1
    within_days: Days | None = None


class NeverHappened(Struct, tag="never_happened", frozen=True):
    kind: Kind
    within_days: Days | None = None


class InSegment(Struct, tag="in_segment", frozen=True):
    segment_id: UUID


Condition = (
    AllOf
    | AnyOf
    | Not
    | ProfileIs
    | ProfileContains
    | HasConsent
    | HasIdentity
    | TraitCompare
    | TimeCompare
    | Happened
    | NeverHappened
    | InSegment
)


def decode(definition: dict[str, Any]) -> Condition:
    """The condition a definition states. Raises Invalid that names the place and what is wrong there."""
    try:
        condition: Condition = msgspec.convert(definition, Condition, strict=True)
    except (msgspec.ValidationError, RecursionError) as error:
        reason, _, place = str(error).partition(" - at `$")
        raise Invalid(
            "This segment has a condition that cannot be read.",
            {place.rstrip("`").lstrip(".") or "definition": reason},
        ) from None
    if _depth(condition) > MAX_DEPTH or _size(condition) > MAX_CONDITIONS:
        raise Invalid(
            f"A segment may have {MAX_CONDITIONS} conditions, nested {MAX_DEPTH} deep.",
            {"definition": "Make a segment of a part, and refer to it."},
        )
    return condition


def encode(condition: Condition) -> dict[str, Any]:
    """A condition as JSON-ready values; `decode` reads it back."""
    encoded: dict[str, Any] = msgspec.to_builtins(condition, str_keys=True)
    return encoded


def parts(condition: Condition) -> tuple[Condition, ...]:
    """The conditions directly inside this one."""
    if isinstance(condition, AllOf | AnyOf):
        return condition.conditions
    return (condition.condition,) if isinstance(condition, Not) else ()


def _depth(condition: Condition) -> int:
    return 1 + max((_depth(part) for part in parts(condition)), default=0)


def _size(condition: Condition) -> int:
    return 1 + sum(_size(part) for part in parts(condition))
