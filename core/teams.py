"""Teams: colleagues who answer for something together."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, CreatedAt, Key
from core.errors import Invalid, NotFound
from core.staff import Staff


class Team(Base):
    __tablename__ = "team"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[CreatedAt]


class TeamMember(Base):
    __tablename__ = "team_member"
    __table_args__ = (Index(None, "staff_id"),)

    team_id: Mapped[UUID] = mapped_column(ForeignKey("team.id"), primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True)


@dataclass(frozen=True)
class Manned:
    """A team and who is in it, by name."""

    team: Team
    members: list[Staff]


async def everything(session: AsyncSession) -> list[Manned]:
    """All teams by name, with the colleagues in them who are still here."""
    teams = list(await session.scalars(select(Team).order_by(Team.name)))
    rows = await session.execute(
        select(TeamMember.team_id, Staff)
        .join(Staff, Staff.id == TeamMember.staff_id)
        .where(Staff.disabled_at.is_(None))
        .order_by(Staff.name, Staff.id)
    )
    members: dict[UUID, list[Staff]] = {}
    for team_id, colleague in rows:
        members.setdefault(team_id, []).append(colleague)
    return [Manned(team, members.get(team.id, [])) for team in teams]


async def find(session: AsyncSession, team_id: UUID, *, lock: bool = False) -> Team:
    """A team by its id. Raises NotFound."""
    team = await session.get(Team, team_id, with_for_update=lock or None)
    if team is None:
        raise NotFound("That team does not exist.")
    return team


async def form(session: AsyncSession, name: str, members: Sequence[UUID]) -> Team:
    """Make a team. Raises Invalid for a name that is empty or taken, or for members who do not work here."""
    await _check(session, members)
    team: Team | None = await session.scalar(
        insert(Team).values(name=_named(name)).on_conflict_do_nothing().returning(Team)
    )
    if team is None:
        raise Invalid("There is a team of that name.", {"name": "This name is taken."})
    await _man(session, team, members)
    return team


async def change(session: AsyncSession, team_id: UUID, name: str, members: Sequence[UUID]) -> Team:
    """Rename a team and say who is in it. Raises NotFound, and Invalid as `form` does."""
    team = await find(session, team_id, lock=True)
    await _check(session, members)
    other = await session.scalar(select(Team.id).where(Team.name == _named(name), Team.id != team_id))
    if other is not None:
        raise Invalid("There is a team of that name.", {"name": "This name is taken."})
    team.name = _named(name)
    await session.flush()
    await _man(session, team, members)
    return team


async def dissolve(session: AsyncSession, team_id: UUID) -> None:
    """Remove a team that nothing points at any more. Raises NotFound."""
    team = await find(session, team_id, lock=True)
    await session.execute(delete(TeamMember).where(TeamMember.team_id == team_id))
    await session.delete(team)
    await session.flush()


async def _check(session: AsyncSession, members: Sequence[UUID]) -> None:
    known = await session.scalars(select(Staff.id).where(Staff.id.in_(members), Staff.disabled_at.is_(None)))
    if set(known) != set(members):
        raise Invalid("Only colleagues can be in a team.", {"members": "Choose colleagues."})


async def _man(session: AsyncSession, team: Team, members: Sequence[UUID]) -> None:
    await session.execute(delete(TeamMember).where(TeamMember.team_id == team.id))
    if members:
        await session.execute(
            insert(TeamMember),
            [{"team_id": team.id, "staff_id": staff_id} for staff_id in dict.fromkeys(members)],
        )


def _named(name: str) -> str:
    plain = " ".join(name.split())
    if not plain or len(plain) > 80:
        raise Invalid("A team needs a name.", {"name": "1 to 80 characters."})
    return plain
