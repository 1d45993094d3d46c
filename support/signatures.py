"""Signatures: what stands under an agent's e-mails: their own words, else their team's."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

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
    body = _checked(body)
    if not body:
        await session.execute(delete(Signature).where(Signature.staff_id == staff_id))
        return
    statement = insert(Signature).values(staff_id=staff_id, body=body)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[Signature.staff_id], set_={"body": statement.excluded.body}
        )
    )


async def write_for_team(session: AsyncSession, team_id: UUID, body: str) -> None:
    """Keep a team's signature; nothing written keeps none. Raises Invalid."""
    body = _checked(body)
    if not body:
        await session.execute(delete(TeamSignature).where(TeamSignature.team_id == team_id))
        return
    statement = insert(TeamSignature).values(team_id=team_id, body=body)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[TeamSignature.team_id], set_={"body": statement.excluded.body}
        )
    )


def _checked(body: str) -> str:
    body = body.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(body) > MAX_LENGTH:
        raise Invalid("That signature is too long.", {"signature": f"At most {MAX_LENGTH} characters."})
    return body
