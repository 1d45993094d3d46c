"""Checking: whose signature a mail bears (DKIM), and whether it counts for its From (DMARC), found out by ourselves.

For mail of which no relay that we trust says so. What is found is written down as such a relay would write it
(RFC 8601), and read in the same way: only a pass proves anything.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels.adapters.email.domains import organisation, plain
from channels.adapters.email.isolation import holding_apart, parse_apart
from channels.adapters.email.parsing import ParsedMail
from channels.adapters.email.reading import CheckMail, ReadMail
from channels.adapters.email.signatures import MAX_TRIED
from channels.models import ReceivedMail
from core.clock import now
from core.errors import TransientError
from core.jobs import enqueue
from core.settings import Settings

# For all questions about one mail (seconds).
PATIENCE = 8.0


class Names(Protocol):
    """Whom to ask: what stands under a name, empty when nothing does. Raises TransientError without an answer."""

    async def texts(self, name: str) -> list[str]: ...


@dataclass(frozen=True)
class Claim:
    """A signature that could count: its domain, and the name of its key."""

    domain: str
    name: str


async def waiting(session: AsyncSession, received_mail_id: UUID) -> tuple[bytes, datetime] | None:
    """A mail that still waits to be checked, and when it came."""
    row = (
        await session.execute(
            select(ReceivedMail.raw, ReceivedMail.received_at).where(
                ReceivedMail.id == received_mail_id,
                ReceivedMail.processed_at.is_(None),
                ReceivedMail.found_out.is_(None),
            )
        )
    ).one_or_none()
    return (row.raw, row.received_at) if row else None


async def note(session: AsyncSession, job: CheckMail, found: str) -> None:
    """Write down what was found out of a mail, and promise its reading."""
    await session.execute(
        update(ReceivedMail)
        .where(ReceivedMail.id == job.received_mail_id, ReceivedMail.processed_at.is_(None))
        .values(found_out=func.coalesce(ReceivedMail.found_out, found))
        .execution_options(synchronize_session=False)
    )
    await enqueue(session, ReadMail(job.received_mail_id, job.alone))


async def find_out(raw: bytes, settings: Settings, names: Names, moment: datetime | None = None) -> str:
    """What can be said of who signed a mail that came at `moment`, as Authentication-Results (RFC 8601).

    Asks the network, for at most PATIENCE seconds; what it does not answer is a temporary error. Never raises.
    """
    ours = settings.mail_domain.lower()
    try:
        parsed = await parse_apart(raw)
        domain = plain(parsed.sender.rpartition("@")[2]) if parsed.senders == 1 else ""
        claims = _claims(parsed, domain)
        if not claims:
            return f"{ours}; dkim=none"
        async with asyncio.timeout(PATIENCE):
            return f"{ours}; {await _result(raw, domain, claims, names, moment or now())}"
    except (TransientError, TimeoutError, OSError):
        return f"{ours}; dkim=temperror"


def _claims(parsed: ParsedMail, domain: str) -> list[Claim]:
    """The signatures of domains whose owner owns the sender's, that very domain first."""
    owner = organisation(domain) if domain else ""
    found: list[Claim] = []
    for value in parsed.values("dkim-signature"):
        tags = _tags(value)
        signer = plain(tags.get("d", ""))
        name = plain(f"{tags.get('s', '')}._domainkey.{signer}") if owner and signer else ""
        if name and organisation(signer) == owner:
            found.append(Claim(signer, name))
    found.sort(key=lambda claim: claim.domain != domain)
    return list(dict.fromkeys(found))[:MAX_TRIED]


async def _result(raw: bytes, domain: str, claims: list[Claim], names: Names, moment: datetime) -> str:
    answers = await asyncio.gather(*(names.texts(claim.name) for claim in claims), return_exceptions=True)
    records: dict[str, str] = {}
    silent = False
    for claim, answer in zip(claims, answers, strict=True):
        if isinstance(answer, TransientError):
            silent = True
        elif isinstance(answer, BaseException):
            raise answer
        elif answer:
            records[claim.name] = answer[0]
    held = await holding_apart(raw, records, int(moment.timestamp())) if records else []
    signers = [claim.domain for claim in claims if claim.name in held]
    if not signers:
        return f"dkim={'temperror' if silent else 'fail'} header.d={claims[0].domain}"
    if signers[0] == domain:
        return f"dkim=pass header.d={domain}"
    # Another domain of the same owner: whether that counts, the sender's domain says.
    strict = await _is_strict(domain, names)
    if strict:
        return f"dkim=policy header.d={signers[0]}"
    passed = f"dkim=pass header.d={signers[0]}"
    return passed if strict is None else f"{passed}; dmarc=pass header.from={domain}"


async def _is_strict(domain: str, names: Names) -> bool | None:
    """Whether only signatures of that very domain count (RFC 7489, 6.3: adkim=s); None without a policy."""
    for owner in dict.fromkeys((domain, organisation(domain))):
        texts = [text for text in await names.texts(f"_dmarc.{owner}") if _tags(text).get("v") == "DMARC1"]
        if texts:
            tags = _tags(texts[0])
            return tags.get("adkim", "r").lower() != "r" if len(texts) == 1 and "p" in tags else None
    return None


def _tags(stated: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in stated[:4_000].split(";"))
    return {name.strip(): "".join(value.split()) for name, mark, value in pairs if mark}
