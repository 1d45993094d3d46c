"""Envelopes: of mail that comes without one, from a file or a folder, what its headers remember of it."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from channels import mailboxes
from channels.adapters.email.parsing import ParsedMail
from core.settings import Settings


@dataclass(frozen=True)
class Envelope:
    """Whose it is, who sent it (empty for a machine's null sender), and for whom."""

    mailboxes: set[str]
    mail_from: str
    rcpt_to: list[str]


async def remembered(
    session: AsyncSession, said: ParsedMail, settings: Settings, fallback: str | None
) -> Envelope:
    """The envelope that `said` tells of; `fallback`, else the support address, when it names no mailbox of ours."""
    addressed = said.addressed()[:100]
    known = await mailboxes.ours(session, settings, addressed)
    returned = said.values("return-path")
    mail_from = (
        returned[0].strip("<> ") if returned else next(filter(None, [said.sender, *said.others()]), "")
    )
    return Envelope(known or {fallback or settings.support_address}, mail_from[:320], addressed)
