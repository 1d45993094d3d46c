"""What a channel is: something that takes a message and says what became of it."""

from dataclasses import dataclass, field
from typing import Literal, Protocol
from uuid import UUID

Became = Literal["accepted", "refused", "later", "unknown"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a provider said to one submission.

    `accepted`: it is theirs now, under `provider_id`; `reason` tells what of it is not. `refused`: never try
    this again. `later`: nothing was sent, trying again may work. `unknown`: the connection broke after they had
    all of it.
    """

    became: Became
    provider_id: str | None = None
    reason: str = ""
    # The provider says that whoever owns the address wants no messages of ours.
    opted_out: bool = False


def accepted(provider_id: str | None = None, reason: str = "") -> Outcome:
    return Outcome("accepted", provider_id, reason)


def refused(reason: str, *, opted_out: bool = False) -> Outcome:
    return Outcome("refused", None, reason, opted_out)


def later(reason: str) -> Outcome:
    return Outcome("later", None, reason)


def unknown(reason: str) -> Outcome:
    return Outcome("unknown", None, reason)


@dataclass(frozen=True, slots=True)
class Enclosure:
    filename: str
    content_type: str
    content: bytes
    content_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One message, complete, as a channel needs it to send it."""

    message_id: UUID
    account: str
    sender_name: str
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    html: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    author: str = "automation"
    conversation_id: UUID | None = None
    rfc_message_id: str | None = None
    # The thread's Message-IDs, oldest first; the last is the one answered.
    references: tuple[str, ...] = ()
    files: tuple[Enclosure, ...] = ()


class Channel(Protocol):
    """An open road to a provider; made on the loop that uses it."""

    # Whether a message that may have gone out may safely go out again: mail may, under the same Message-ID.
    repeatable: bool

    async def submit(self, submission: Submission) -> Outcome:
        """Hand one message over. Never raises for what the provider or the network does."""

    async def close(self) -> None:
        """Close what is open towards the provider."""
