"""Mailboxes: the addresses under which we take mail: support, shop and postmaster, and those that teams have."""

import re
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from channels.models import FetchedFolder, Mailbox
from core.errors import Invalid
from core.settings import Settings

# What may stand before the @: no + (what follows one is a tag).
_LOCAL = re.compile(r"[a-z0-9_-]{1,40}(?:\.[a-z0-9_-]{1,40}){0,3}")
# Text messages and mails for machines come in there: they are nobody's in particular.
_RESERVED = ("shop", "postmaster")

OURS = text("SELECT address FROM mailbox WHERE address = ANY(cast(:addresses AS text[]))")


def built_in(settings: Settings) -> set[str]:
    """The addresses that are ours whatever teams there are."""
    ours = (settings.support_address, settings.shop_address, f"postmaster@{settings.mail_domain}")
    return {each.lower() for each in ours}


def plain(address: str) -> str:
    """An address as mailboxes are named: in lower case, its +tag taken off."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


async def ours(session: AsyncSession, settings: Settings, addresses: Iterable[str]) -> set[str]:
    """The mailboxes of ours behind these addresses; asks the database only for what is not built in."""
    named = {plain(each) for each in addresses}
    found = named & built_in(settings)
    ending = f"@{settings.mail_domain.lower()}"
    asked = [each for each in named - found if each.endswith(ending) and "\x00" not in each]
    return found | set(await session.scalars(OURS, {"addresses": asked}) if asked else ())


async def of_teams(session: AsyncSession) -> dict[UUID, list[str]]:
    """The addresses of each team."""
    found: dict[UUID, list[str]] = {}
    for mailbox in await session.scalars(select(Mailbox).order_by(Mailbox.address)):
        found.setdefault(mailbox.team_id, []).append(mailbox.address)
    return found


async def team_of(session: AsyncSession, address: str) -> UUID | None:
    """The team that answers for what comes to this mailbox."""
    return await session.scalar(select(Mailbox.team_id).where(Mailbox.address == address))


async def give(session: AsyncSession, settings: Settings, team_id: UUID, addresses: Sequence[str]) -> None:
    """Let a team have these addresses of our domain, and no others.

    Raises Invalid for what is no address of ours, or another team's.
    """
    wanted = {_checked(settings, each) for each in addresses}
    await session.execute(
        delete(Mailbox).where(Mailbox.team_id == team_id, Mailbox.address.not_in(sorted(wanted)))
    )
    if wanted:
        await session.execute(
            insert(Mailbox)
            .values([{"address": each, "team_id": team_id} for each in sorted(wanted)])
            .on_conflict_do_nothing()
        )
    held = set(await session.scalars(select(Mailbox.address).where(Mailbox.team_id == team_id)))
    if taken := sorted(wanted - held):
        raise Invalid(f"{taken[0]} is another team's.", {"addresses": "An address belongs to one team only."})


def _checked(settings: Settings, address: str) -> str:
    local, mark, domain = address.strip().lower().rpartition("@")
    if not mark:
        local, domain = domain, settings.mail_domain.lower()
    if domain != settings.mail_domain.lower() or not _LOCAL.fullmatch(local) or local in _RESERVED:
        raise Invalid(
            f"{address[:80]} cannot be a team's address.",
            {"addresses": f"Addresses like billing@{settings.mail_domain}, one a line."},
        )
    return f"{local}@{domain}"


async def fetched(session: AsyncSession) -> list[FetchedFolder]:
    """The folders on other mail servers that were ever asked for mail, by name."""
    return list(await session.scalars(select(FetchedFolder).order_by(FetchedFolder.name)))
