"""What campaigns have done by workers."""

from uuid import UUID

from core.jobs import Job


class PrepareBroadcast(Job, tag="campaigns.prepare_broadcast", frozen=True):
    """Freeze the audience of a broadcast whose time has come."""

    broadcast_id: UUID


class QueueRecipients(Job, tag="campaigns.queue_recipients", frozen=True):
    """Queue messages for more of the frozen audience, or finish when there is none left."""

    broadcast_id: UUID


class JudgeClick(Job, tag="campaigns.judge_click", frozen=True):
    """Decide, a moment later, whether a person made this click."""

    click_id: UUID


class AttributeOrder(Job, tag="campaigns.attribute", frozen=True):
    """Credit an order, read from its timeline entry, to the broadcast that a click on it came from."""

    customer_id: UUID
    entry_id: UUID
