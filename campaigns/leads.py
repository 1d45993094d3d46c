"""Leads: people who showed interest, with where they came from."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.happenings import LeadCaptured
from core.database import Base, CreatedAt, Facts, Key
from customers import identities, profile, timeline

LONGEST_MESSAGE = 5000


class Lead(Base):
    """One sign of interest of one customer; several may come from the same person."""

    __tablename__ = "lead"
    __table_args__ = (Index(None, "customer_id"), Index(None, "created_at", "id"))

    id: Mapped[Key]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    # Where it was caught: a form's name, a fair, an advertisement.
    source: Mapped[str] = mapped_column(Text)
    interest: Mapped[str] = mapped_column(Text, server_default="")
    message: Mapped[str] = mapped_column(Text, server_default="")
    # What the link said that brought them: utm_source, keyword …
    origin: Mapped[Facts]
    created_at: Mapped[CreatedAt]


async def capture(
    session: AsyncSession,
    *,
    email: str,
    source: str,
    name: str = "",
    company: str = "",
    phone: str = "",
    interest: str = "",
    message: str = "",
    origin: Mapping[str, str] | None = None,
    locale: str = "en",
) -> Lead:
    """Keep a lead and put it on the timeline of whoever it is; a typed address is a claim. Raises Invalid.

    It is no consent: nobody is written to because of it but in answer to it.
    """
    customer_id = await identities.resolve(
        session, identities.email(email), proven=False, name=name, source="lead", locale=locale
    )
    known = await profile.show(session, customer_id)
    await profile.change(
        session,
        customer_id,
        name=name or known.name,
        company=company or known.company,
        phone=phone,
        locale=known.locale,
    )
    lead = Lead(
        customer_id=customer_id,
        source=source,
        interest=interest,
        message=message.replace("\x00", "")[:LONGEST_MESSAGE],
        origin=dict(origin or {}),
    )
    session.add(lead)
    await session.flush()
    await timeline.append(
        session,
        customer_id,
        LeadCaptured(source, interest, lead.message[:200]),
        source_key=f"lead:{lead.id}",
        subject_id=lead.id,
    )
    return lead
