"""Signatures: what stands under an agent's e-mails: their own words, else their team's."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from core.errors import Invalid
from support.models import Signature, TeamSignature, Ticket

MAX_LENGTH = 1_000


async def of(session: AsyncSession, staff_id: UUID) -> str:
    """A colleague's own signature; empty for none."""
    return await session.scalar(select(Signature.body).where(Signature.staff_id == staff_id)) or ""


async def of_team(session: AsyncSession, team_id: UUID) -> str:
    """A team's signature; empty for none."""
    return await session.scalar(select(TeamSignature.body).where(TeamSignature.team_id == team_id)) or ""


async def under(session: AsyncSession, staff_id: UUID, conversation_id: UUID) -> str:
    """What stands under a colleague's e-mail in a conversation: their own, else that of the team it is with."""
    if own := await of(session, staff_id):
        return own
    teams = (
        select(TeamSignature.body)
        .join(Ticket, Ticket.team_id == TeamSignature.team_id)
        .where(Ticket.conversation_id == conversation_id)
    )
    return await session.scalar(teams) or ""


async def write(session: AsyncSession, staff_id: UUID, body: str) -> None:
    """Keep a colleague's signature; nothing written keeps none. Raises Invalid."""
    await _keep(session, Signature.staff_id, staff_id, body)


async def write_for_team(session: AsyncSession, team_id: UUID, body: str) -> None:
    """Keep a team's signature; nothing written keeps none. Raises Invalid."""
    await _keep(session, TeamSignature.team_id, team_id, body)


async def _keep(session: AsyncSession, owner: InstrumentedAttribute[UUID], owner_id: UUID, body: str) -> None:
    body = body.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(body) > MAX_LENGTH:
        raise Invalid("That signature is too long.", {"signature": f"At most {MAX_LENGTH} characters."})
    if not body:
        await session.execute(delete(owner.class_).where(owner == owner_id))
        return
    await session.execute(
        insert(owner.class_)
        .values({owner.key: owner_id, "body": body})
        .on_conflict_do_update(index_elements=[owner], set_={"body": body})
    )
