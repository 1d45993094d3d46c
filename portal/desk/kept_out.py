"""Mail that was kept out of its thread, for agents to judge: read why, then let in, try again or leave out."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from channels import quarantine
from core.database import Database
from core.errors import Invalid, NotFound
from core.rendering import gettext as _
from portal.desk.inbox import AGENT
from portal.forms import read_form
from portal.rendering import page
from portal.visits import Visit

HERE = "/desk/inbox/quarantine"
SHOWN = 100
# Of a mail's words, the page shows so many characters.
LONGEST = 20_000


@get(HERE, guards=[AGENT])
async def show_kept_out(
    database: NamedDependency[Database],
    done: FromQuery[str] = "",
    number: FromQuery[int] = 0,
) -> Response[Any]:
    async with database.statements() as session:
        mails = await quarantine.waiting(session, SHOWN)
    return page("desk/inbox/kept_out.html", {"mails": mails, "said": _said(done, number)})


def _said(done: str, number: int) -> str:
    told = {
        "alone": _("Let in, each as a conversation of its own, its sender unproven: %(number)s."),
        "again": _("Read again: %(number)s. What may join its thread does so within a moment."),
        "dismiss": _("Left out: %(number)s. They stay stored."),
    }
    return told[done] % {"number": number} if done in told and number else ""


@get(HERE + "/{mail_id:uuid}", guards=[AGENT])
async def show_mail(mail_id: FromPath[UUID], database: NamedDependency[Database]) -> Response[Any]:
    """What one of them says, as text: nothing in it is opened, and nothing fetched."""
    async with database.statements() as session:
        mail = await quarantine.find(session, mail_id)
    if mail.quarantined is None or mail.processed_at is not None:
        raise NotFound(_("That mail is not in quarantine any more."))
    parsed = await quarantine.read(mail.raw)
    context = {
        "mail": mail,
        "parsed": parsed,
        "words": parsed.text[:LONGEST],
        "files": [(file.filename, file.content_type) for file in parsed.files],
    }
    return page("desk/inbox/kept_out_mail.html", context)


class Judgement(msgspec.Struct):
    act: str
    mails: list[UUID] = []


@post(HERE, guards=[AGENT])
async def judge(
    request: Request[Any, Any, Any], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> Response[Any]:
    """Let these in, read them again, or leave them out; what somebody else judged meanwhile is passed over."""
    form = await read_form(request, Judgement)
    if form.act not in ("alone", "again", "dismiss"):
        raise Invalid(_("That cannot be done with a mail."))
    number = 0
    for mail_id in form.mails[:SHOWN]:
        try:
            async with database.transaction() as session:
                if form.act == "dismiss":
                    await quarantine.dismiss(session, mail_id, visit.colleague.name)
                else:
                    await quarantine.replay(session, mail_id, alone=form.act == "alone")
        except NotFound:
            continue
        number += 1
    return Redirect(f"{HERE}?done={form.act}&number={number}", status_code=303)


handlers = [show_kept_out, show_mail, judge]
