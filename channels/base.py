"""What a channel is: something that takes a message and says what became of it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID

Became = Literal["accepted", "refused", "later", "unknown"]
# What may keep messages waiting, beside their own faults: the recipients' domain, our address that a provider does
# not take, or the road itself.
Kind = Literal["domain", "sender", "road"]


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why a message, and every other that it concerns, has to wait; `pause` where the channel knows for how long."""

    kind: Kind
    name: str
    pause: timedelta | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What was learned of a provider's server: set aside for `pause` because of `reason`, or well again (None)."""

    server: str
    pause: timedelta | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a provider said to one submission.

    `accepted`: it is theirs now, under `provider_id`, for all but those `missed`. `refused`: never try this again.
    `later`: nothing was sent, trying again may work; with a `hindrance` it was no fault of the message.
    `unknown`: the connection broke after they had all of it.
    """

    became: Became
    provider_id: str | None = None
    reason: str = ""
    # The provider says that whoever owns the address wants no messages of ours.
    opted_out: bool = False
    hindrance: Hindrance | None = None
    news: tuple[News, ...] = field(default=(), compare=False)
    # Who was to get a copy and does not, with why: `refused`, or `later` by itself.
    missed: tuple[tuple[str, "Outcome"], ...] = ()


def accepted(provider_id: str | None = None, missed: tuple[tuple[str, Outcome], ...] = ()) -> Outcome:
    return Outcome("accepted", provider_id, missed=missed)


def refused(reason: str, *, opted_out: bool = False) -> Outcome:
    return Outcome("refused", None, reason, opted_out)


def later(reason: str, hindrance: Hindrance | None = None) -> Outcome:
    return Outcome("later", None, reason, hindrance=hindrance)


def unknown(reason: str) -> Outcome:
    return Outcome("unknown", None, reason)


@dataclass(frozen=True, slots=True)
class Kept:
    """A content as it is kept: `content` in the database, or under `name` in the storage."""

    sha256: str
    content: bytes | None
    name: str | None
    scanned: str
    found: str | None = None


@dataclass(frozen=True, slots=True)
class Enclosure:
    filename: str
    content_type: str
    content: bytes
    content_id: str | None = None
    # Where it lies still; `channels.files.enclosed` fetches it, outside of the transaction that read it.
    kept: Kept | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One message, complete, as a channel needs it to send it."""

    message_id: UUID
    account: str
    sender_name: str
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    # Who else gets it, and nobody is told.
    bcc: tuple[str, ...] = ()
    # Who of those in copy may not be written to, with why.
    closed: tuple[tuple[str, str], ...] = ()
    # Who alone gets it this time, of all those that it is for; empty: all of them.
    only: str = ""
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
    # When it was taken up, by the database's clock, and whether something kept others like it waiting before then.
    claimed_at: datetime | None = None
    wary: bool = False

    @property
    def addressee(self) -> str:
        """Whose provider has the word."""
        return self.only or self.to[0]


class Channel(Protocol):
    """An open road to a provider; made on the loop that uses it."""

    # Whether a message that may have gone out may safely go out again: mail may, under the same Message-ID.
    repeatable: bool

    async def submit(self, submission: Submission) -> Outcome:
        """Hand one message over. Never raises for what the provider or the network does."""

    async def close(self) -> None:
        """Close what is open towards the provider."""
