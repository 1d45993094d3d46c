"""The whole wiring between departments: which jobs follow from which kind of happening."""

from collections.abc import Callable

from campaigns.jobs import AttributeOrder
from core.jobs import Job
from customers.models import TimelineEntry
from support.triage import Triage

Follow = Callable[[TimelineEntry], Job]


def _triage(entry: TimelineEntry) -> Job:
    assert entry.subject_id is not None  # the conversation
    return Triage(entry.subject_id)


def _attribute(entry: TimelineEntry) -> Job:
    return AttributeOrder(entry.customer_id, entry.id)


# kind -> the jobs that follow from it, each made from the entry.
SUBSCRIPTIONS: dict[str, list[Follow]] = {
    "order.placed": [_attribute],
    "message.received": [_triage],
}
