"""Tickets, notes, drafts and articles: what agents work on, and what customers read."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from core import changes
from core.database import Base, CreatedAt, Facts, Instant, Key


class TicketStatus(StrEnum):
    NEW = "new"
    OPEN = "open"
    PENDING = "pending"  # waiting for the customer
    ON_HOLD = "on_hold"  # waiting for someone else
    SOLVED = "solved"
    CLOSED = "closed"


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


DONE = (TicketStatus.SOLVED, TicketStatus.CLOSED)
UNDONE = tuple(status for status in TicketStatus if status not in DONE)
IS_UNDONE = f"status IN ({', '.join(f"'{status}'" for status in UNDONE)})"


class Ticket(Base):
    """The work on one conversation: whose turn it is, and until when."""

    __tablename__ = "ticket"
    __table_args__ = (
        Index(None, "customer_id", "created_at"),
        Index("ix_ticket_team_id", "team_id", postgresql_where=text("team_id IS NOT NULL")),
        Index("ix_ticket_undone", "assignee_id", "waiting_since", postgresql_where=text(IS_UNDONE)),
        Index(
            "ix_ticket_subject_trgm",
            "subject",
            postgresql_using="gin",
            postgresql_ops={"subject": "gin_trgm_ops"},
        ),
    )

    id: Mapped[Key]
    # What people call it; an id is what links carry.
    number: Mapped[int] = mapped_column(Integer, Identity(start=1001), unique=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"), unique=True)
    subject: Mapped[str] = mapped_column(Text, server_default="")
    status: Mapped[str] = mapped_column(Text, server_default=TicketStatus.NEW)
    priority: Mapped[str] = mapped_column(Text, server_default=Priority.NORMAL)
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    # Who answers for it together; None is everybody.
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"))
    # A reopen starts a new cycle; each has its own clocks.
    cycle: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    # Since when a person has been waiting for a person; None when it is not our turn.
    waiting_since: Mapped[Instant | None]
    snoozed_until: Mapped[Instant | None]
    # How far the conversation had come when it was solved: what comes after reopens it.
    solved_seq: Mapped[int | None] = mapped_column(BigInteger)
    solved_at: Mapped[Instant | None]
    created_at: Mapped[CreatedAt]


class TicketCycle(Base):
    """One round from opening (or reopening) to solving, with what was promised and what was kept."""

    __tablename__ = "ticket_cycle"
    __table_args__ = (
        Index(None, "started_at"),
        Index(None, "solved_at", postgresql_where=text("solved_at IS NOT NULL")),
    )

    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    cycle: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    started_at: Mapped[Instant]
    # The place in the conversation where it began.
    started_seq: Mapped[int] = mapped_column(BigInteger)
    first_response_due_at: Mapped[Instant]
    solution_due_at: Mapped[Instant]
    # By a person; automation never counts.
    first_response_at: Mapped[Instant | None]
    solved_at: Mapped[Instant | None]


class Note(Base):
    """What colleagues tell each other. No message or attempt can point at one: it cannot be sent."""

    __tablename__ = "note"
    __table_args__ = (UniqueConstraint("conversation_id", "seq"),)

    id: Mapped[Key]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"))
    # Drawn from the conversation's counter, so that notes and messages have one order.
    seq: Mapped[int] = mapped_column(BigInteger)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[CreatedAt]


class TicketEvent(Base):
    """What was done with a ticket: a quiet line of its thread, which customers never see."""

    __tablename__ = "ticket_event"
    __table_args__ = (UniqueConstraint("conversation_id", "seq"),)

    id: Mapped[Key]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"))
    # Drawn from the conversation's counter, as a note's.
    seq: Mapped[int] = mapped_column(BigInteger)
    # None: nobody's hand, it followed from what happened.
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    kind: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[CreatedAt]


class Macro(Base):
    """A saved answer that colleagues share."""

    __tablename__ = "macro"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[CreatedAt]
    # Set when it was put away, so that it can be brought back.
    removed_at: Mapped[Instant | None]


class Draft(Base):
    """An answer that is being written; one for each colleague, conversation and road."""

    __tablename__ = "draft"

    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    mode: Mapped[str] = mapped_column(Text, primary_key=True)  # email, sms, chat, note
    body: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[CreatedAt]


class PictureSender(Base):
    """A sender whose mails may fetch their pictures from elsewhere, which tells them that they are read."""

    __tablename__ = "picture_sender"

    address: Mapped[str] = mapped_column(Text, primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[CreatedAt]


class Signature(Base):
    """What stands under a colleague's e-mails."""

    __tablename__ = "signature"

    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    body: Mapped[str] = mapped_column(Text)


class TeamSignature(Base):
    """What stands under the e-mails of a team's colleagues who have no signature of their own."""

    __tablename__ = "team_signature"

    team_id: Mapped[UUID] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"), primary_key=True)
    body: Mapped[str] = mapped_column(Text)


class Acknowledgement(Base):
    """When a sender last heard "we have your message" from a machine."""

    __tablename__ = "acknowledgement"

    channel: Mapped[str] = mapped_column(Text, primary_key=True)
    address: Mapped[str] = mapped_column(Text, primary_key=True)
    sent_at: Mapped[Instant]


class ArticleCategory(Base):
    __tablename__ = "article_category"

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    icon: Mapped[str] = mapped_column(Text, server_default="book-open")
    position: Mapped[int] = mapped_column(server_default="0")
    # {"de": {"name": …}}
    translations: Mapped[Facts] = mapped_column(server_default=text("'{}'"))


class Article(Base):
    """An answer that customers find by themselves."""

    __tablename__ = "article"
    __table_args__ = (
        Index("ix_article_words", "words", postgresql_using="gin"),
        Index(None, "category_id", "position"),
    )

    id: Mapped[Key]
    category_id: Mapped[UUID] = mapped_column(ForeignKey("article_category.id"))
    slug: Mapped[str] = mapped_column(Text, unique=True)
    locale: Mapped[str] = mapped_column(Text, server_default="en")
    title: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text, server_default="")
    body: Mapped[str] = mapped_column(Text)  # Markdown
    # Made at publishing, never per reader: clean HTML, and the bare words for the search.
    html: Mapped[str] = mapped_column(Text, server_default="")
    plain: Mapped[str] = mapped_column(Text, server_default="")
    # {"de": {"title": …, "summary": …, "body": …, "html": …, "plain": …}}
    translations: Mapped[Facts] = mapped_column(server_default=text("'{}'"))
    # What readers will see once it is published, while they see the words above: {"de": {"title": …, "summary": …,
    # "body": …}} (empty: that translation goes), "category_id" where it moves; "discarded" is what was given up last.
    drafts: Mapped[Facts] = mapped_column(server_default=text("'{}'"))
    drafted_at: Mapped[Instant | None]
    position: Mapped[int] = mapped_column(server_default="0")
    published_at: Mapped[Instant | None]
    updated_at: Mapped[CreatedAt]
    words: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            "setweight(to_tsvector('english', title), 'A') || "
            "setweight(to_tsvector('english', summary), 'B') || to_tsvector('english', plain)",
            persisted=True,
        ),
        deferred=True,
    )

    @property
    def pending(self) -> bool:
        """Whether something was written that readers do not see yet, though they see the article."""
        return any(name != "discarded" for name in self.drafts)

    @property
    def changed_at(self) -> datetime:
        """When somebody last wrote something, seen or not."""
        return max(self.updated_at, self.drafted_at or self.updated_at)


class ArticleViews(Base):
    """How often an article was read, day by day (UTC); nothing about who did."""

    __tablename__ = "article_views"

    article_id: Mapped[UUID] = mapped_column(ForeignKey("article.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    views: Mapped[int]


class ArticleVote(Base):
    __tablename__ = "article_vote"
    __table_args__ = (
        UniqueConstraint("article_id", "voter"),
        CheckConstraint("reason IN ('', 'unclear', 'wrong', 'missing', 'other')", name="reason"),
    )

    id: Mapped[Key]
    article_id: Mapped[UUID] = mapped_column(ForeignKey("article.id"))
    # A reader's visit, hashed: one voice each, and it may change its mind.
    voter: Mapped[str] = mapped_column(Text)
    helpful: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text, server_default="")
    comment: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[CreatedAt]
    changed_at: Mapped[datetime | None]


# Named on pages of the store that are kept ready-made (portal/kept.py).
changes.announce(Base.metadata.tables[Article.__tablename__])
