"""What channels put on the timeline."""

from customers.timeline import Happening


class MessageReceived(Happening, tag="message.received", frozen=True):
    """A customer wrote to us; the subject of the entry is the conversation."""

    message_id: str
    channel: str
    subject: str
    preview: str
    automated: bool = False
    conversation_id: str = ""


class MessageSent(Happening, tag="message.sent", frozen=True):
    """We wrote to a customer, and the provider took it."""

    message_id: str
    channel: str
    subject: str
    preview: str
    author: str = "automation"
    conversation_id: str = ""


class MessageFailed(Happening, tag="message.failed", frozen=True):
    """What we wrote could not be delivered, for good; staff see why."""

    shared = False

    message_id: str
    channel: str
    subject: str
    reason: str
    author: str = "automation"
    conversation_id: str = ""


class MessageComplained(Happening, tag="message.complained", frozen=True):
    """They called a mail of ours junk, as their mail provider reports; they get no more news."""

    shared = False

    message_id: str
    channel: str
    subject: str
    conversation_id: str = ""


PREVIEW_LENGTH = 160


def preview(text: str) -> str:
    """The first words of a text, on one line."""
    words = " ".join(text[: PREVIEW_LENGTH * 4].split())
    return words if len(words) <= PREVIEW_LENGTH else words[: PREVIEW_LENGTH - 1].rstrip() + "…"
