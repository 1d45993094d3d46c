"""The whole wiring between departments: which jobs follow from which kind of happening."""

from collections.abc import Callable

from core.jobs import Job
from customers.models import TimelineEntry

Follow = Callable[[TimelineEntry], Job]

# kind -> the jobs that follow from it, each made from the entry.
SUBSCRIPTIONS: dict[str, list[Follow]] = {}
