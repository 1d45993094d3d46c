"""A mail as it came, for an admin: what it says of itself, what is in it, and its raw bytes, with a word of warning."""

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from channels import files, quarantine
from channels.models import ReceivedMail, Scanned
from core.database import Database
from core.errors import TransientError
from core.rendering import gettext as _
from core.settings import Settings
from core.staff import Role
from portal.desk.operations import HERE, as_text
from portal.guards import staff
from portal.rendering import page
from portal.threads import size_words

# Of its head, the page shows as much: lines, and characters of each.
LINES, LONGEST = 200, 1_000


@get(f"{HERE}/mails/{{mail_id:uuid}}", guards=[staff(Role.ADMIN)])
async def show_mail(
    mail_id: FromPath[UUID], database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    """Its head and its files by name, and what the scanner says of all of it: to be read before it is saved."""
    mail = await _find(database, mail_id)
    tone, title, text = await _warning(mail.raw, settings)
    parsed = await quarantine.read(mail.raw)
    context = {
        "mail": mail,
        "parsed": parsed,
        "files": [(file.filename, file.content_type, size_words(len(file.content))) for file in parsed.files],
        "head": [(name, value[:LONGEST]) for name, value in parsed.headers[:LINES]],
        "size": size_words(len(mail.raw)),
        "warning": {"tone": tone, "title": title, "text": text},
    }
    return page("desk/mail.html", context)


@get(f"{HERE}/mails/{{mail_id:uuid}}/raw", guards=[staff(Role.ADMIN)])
async def download_mail(mail_id: FromPath[UUID], database: NamedDependency[Database]) -> Response[bytes]:
    return as_text((await _find(database, mail_id)).raw, f"mail-{mail_id}.txt")


async def _find(database: Database, mail_id: UUID) -> ReceivedMail:
    async with database.transaction() as session:
        return await quarantine.find(session, mail_id)


async def _warning(raw: bytes, settings: Settings) -> tuple[str, str, str]:
    """What there is to fear of the files in a mail: tone, title and words of a notice."""
    held = _("It is kept as it came, with all its files. ")
    if not settings.clamd:
        return (
            "warning",
            _("Nobody has checked what is in it"),
            held + _("Open no file of it that you do not expect."),
        )
    try:
        seen = await files.look_through(raw, settings)
    except TransientError as error:
        return "warning", _("It could not be checked for viruses"), f"{held}{error.message}"
    if seen.scanned == Scanned.INFECTED:
        return (
            "danger",
            _("It holds a virus: %(virus)s") % {"virus": seen.found},
            held + _("Save it only where no program opens it."),
        )
    if seen.scanned == Scanned.TOO_LARGE:
        return (
            "warning",
            _("It is too large to be checked for viruses"),
            held + _("Open no file of it that you do not expect."),
        )
    return (
        "info",
        _("The virus scanner found nothing in it"),
        _("That was just now, and is no proof: mail is in quarantine for a reason."),
    )


handlers = [show_mail, download_mail]
