"""The whole wiring between departments: which jobs follow from which kind of happening."""

from collections.abc import Callable
from uuid import UUID

from campaigns.jobs import AttributeOrder
from core.jobs import Job
from customers.models import TimelineEntry
from support.triage import Reconsider, Triage

Follow = Callable[[TimelineEntry], Job | None]


def _triage(entry: TimelineEntry) -> Job:
    assert entry.subject_id is not None  # the conversation
    return Triage(entry.subject_id)


def _reconsider(entry: TimelineEntry) -> Job | None:
    facts = entry.payload
    if facts.get("author") != "staff" or not facts.get("conversation_id"):
        return None  # a receipt or a campaign: nobody had asked
    return Reconsider(UUID(facts["conversation_id"]), UUID(facts["message_id"]))


def _attribute(entry: TimelineEntry) -> Job:
    return AttributeOrder(entry.customer_id, entry.id)


# kind -> the jobs that follow from it, each made from the entry; None where nothing follows from this one.
SUBSCRIPTIONS: dict[str, list[Follow]] = {
    "order.placed": [_attribute],
    "message.received": [_triage],
    "message.failed": [_reconsider],
}
