"""What operators need: queues, failing and dead jobs, what could not be read, and when each provider last called."""

import re
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, ServerSentEvent

from channels import mailboxes, obstacles, quarantine, withheld
from core import jobs, leases, operations
from core.clock import now
from core.database import Database
from core.rendering import gettext as _
from core.staff import Role
from portal.desk.tickets import led
from portal.forms import read_form
from portal.guards import staff
from portal.live import Live
from portal.rendering import page
from portal.threads import size_words
from portal.visits import Visit

SHOWN = 100
HERE = "/desk/operations"
_TAKEN = re.compile(r"jobs/\d{1,18}|(webhooks|mails)/[0-9a-f-]{36}")


async def _facts(database: Database) -> dict[str, Any]:
    async with database.transaction() as session:
        states = await operations.queues(session)
        return {
            "said": "",
            "undo": "",
            # A fragment brings its toast along; a page has its own place for it.
            "floats": False,
            "now": now(),
            "queues": states,
            "failing": await operations.failing_jobs(session, SHOWN),
            "failing_count": await operations.failing(session),
            "dead": await operations.dead_jobs(session, SHOWN),
            "dead_count": await operations.undecided(session),
            "obstacles": await obstacles.standing(session),
            "folders": await mailboxes.fetched(session),
            "webhooks": await operations.quarantined_webhooks(session, SHOWN),
            "mails": await quarantine.waiting(session, SHOWN),
            "infected": await withheld.infected(session, SHOWN),
            "too_large": [(file, size_words(file.size)) for file in await withheld.too_large(session, SHOWN)],
            "files_waiting": await withheld.waiting(session),
            "providers": await operations.last_webhooks(session),
        }


@get(HERE, guards=[staff(Role.ADMIN)])
async def show_operations(database: NamedDependency[Database], taken: FromQuery[str] = "") -> Response[Any]:
    """`taken` is what was discarded or dismissed just now: what the page offers to take back."""
    return page("desk/operations.html", await _facts(database) | _taken(taken))


@get(f"{HERE}/now", guards=[staff(Role.ADMIN)])
async def show_now(database: NamedDependency[Database]) -> Response[Any]:
    """The changing part of the page, which fetches it again every few seconds."""
    return page("desk/_operations.html", await _facts(database))


@get(f"{HERE}/live", guards=[staff(Role.ADMIN)])
async def listen(live: NamedDependency[Live]) -> ServerSentEvent:
    return live.stream({jobs.TOPIC: "changed", "quarantine": "changed"})


@post(f"{HERE}/jobs/{{job_id:int}}/retry", guards=[staff(Role.ADMIN)])
async def retry_job(
    request: Request[Any, Any, Any], job_id: FromPath[int], database: NamedDependency[Database]
) -> Response[Any]:
    async with database.transaction() as session:
        await leases.revive(session, job_id)
    return await _answer(request, database)


@post(f"{HERE}/jobs/retry", guards=[staff(Role.ADMIN)])
async def retry_all_jobs(
    request: Request[Any, Any, Any], database: NamedDependency[Database]
) -> Response[Any]:
    async with database.transaction() as session:
        await operations.revive_all(session)
    return await _answer(request, database)


@post(f"{HERE}/jobs/{{job_id:int}}/discard", guards=[staff(Role.ADMIN)])
async def discard_job(
    request: Request[Any, Any, Any], job_id: FromPath[int], database: NamedDependency[Database]
) -> Response[Any]:
    """It is gone in a minute, unless it is taken back."""
    async with database.transaction() as session:
        await operations.set_aside(session, job_id)
    return await _answer(request, database, f"jobs/{job_id}")


@post(f"{HERE}/jobs/{{job_id:int}}/restore", guards=[staff(Role.ADMIN)])
async def restore_job(
    request: Request[Any, Any, Any], job_id: FromPath[int], database: NamedDependency[Database]
) -> Response[Any]:
    async with database.transaction() as session:
        await operations.take_back(session, job_id)
    return led(request, Redirect(HERE, status_code=303))


@post(f"{HERE}/files/check", guards=[staff(Role.ADMIN)])
async def check_files_again(
    request: Request[Any, Any, Any], database: NamedDependency[Database]
) -> Response[Any]:
    """Once the scanner's limit is raised: let it look at what was too large for it."""
    async with database.transaction() as session:
        await withheld.check_again(session)
    return await _answer(request, database)


@get(f"{HERE}/webhooks/{{webhook_id:uuid}}/raw", guards=[staff(Role.ADMIN)])
async def download_webhook(
    webhook_id: FromPath[UUID], database: NamedDependency[Database]
) -> Response[bytes]:
    async with database.transaction() as session:
        found = await operations.webhook(session, webhook_id)
    return as_text(found.body, f"webhook-{webhook_id}.txt")


@post(f"{HERE}/webhooks/{{webhook_id:uuid}}/replay", guards=[staff(Role.ADMIN)])
async def replay_webhook(
    request: Request[Any, Any, Any], webhook_id: FromPath[UUID], database: NamedDependency[Database]
) -> Response[Any]:
    async with database.transaction() as session:
        await operations.replay_webhook(session, webhook_id)
    return await _answer(request, database)


@post(f"{HERE}/webhooks/{{webhook_id:uuid}}/dismiss", guards=[staff(Role.ADMIN)])
async def dismiss_webhook(
    request: Request[Any, Any, Any],
    webhook_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
) -> Response[Any]:
    async with database.transaction() as session:
        await operations.dismiss_webhook(session, webhook_id, visit.colleague.name)
    return await _answer(request, database, f"webhooks/{webhook_id}")


@post(f"{HERE}/webhooks/{{webhook_id:uuid}}/restore", guards=[staff(Role.ADMIN)])
async def restore_webhook(
    request: Request[Any, Any, Any], webhook_id: FromPath[UUID], database: NamedDependency[Database]
) -> Response[Any]:
    async with database.transaction() as session:
        await operations.restore_webhook(session, webhook_id)
    return led(request, Redirect(HERE, status_code=303))


class Replay(msgspec.Struct):
    alone: bool = False


@post(f"{HERE}/mails/{{mail_id:uuid}}/replay", guards=[staff(Role.ADMIN)])
async def replay_mail(
    request: Request[Any, Any, Any], mail_id: FromPath[UUID], database: NamedDependency[Database]
) -> Response[Any]:
    form = await read_form(request, Replay)
    async with database.transaction() as session:
        await quarantine.replay(session, mail_id, alone=form.alone)
    return await _answer(request, database)


@post(f"{HERE}/mails/{{mail_id:uuid}}/dismiss", guards=[staff(Role.ADMIN)])
async def dismiss_mail(
    request: Request[Any, Any, Any],
    mail_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
) -> Response[Any]:
    async with database.transaction() as session:
        await quarantine.dismiss(session, mail_id, visit.colleague.name)
    return await _answer(request, database, f"mails/{mail_id}")


@post(f"{HERE}/mails/{{mail_id:uuid}}/restore", guards=[staff(Role.ADMIN)])
async def restore_mail(
    request: Request[Any, Any, Any], mail_id: FromPath[UUID], database: NamedDependency[Database]
) -> Response[Any]:
    async with database.transaction() as session:
        await quarantine.restore(session, mail_id)
    return led(request, Redirect(HERE, status_code=303))


def _taken(taken: str) -> dict[str, str]:
    """What the toast says of what was taken off the page, and the way back; nothing for what is no such thing."""
    if not _TAKEN.fullmatch(taken):
        return {"said": "", "undo": ""}
    said = {
        "jobs": _("The job is discarded."),
        "webhooks": _("The webhook is dismissed."),
        "mails": _("The mail is dismissed."),
    }[taken.partition("/")[0]]
    return {"said": said, "undo": f"{HERE}/{taken}/restore"}


async def _answer(request: Request[Any, Any, Any], database: Database, taken: str = "") -> Response[Any]:
    if request.headers.get("hx-request"):
        return page("desk/_operations.html", await _facts(database) | _taken(taken) | {"floats": True})
    return Redirect(f"{HERE}?taken={taken}" if taken else HERE, status_code=303)


def as_text(body: bytes, filename: str) -> Response[bytes]:
    """Raw bytes from outside: to be saved, never to be rendered by a browser."""
    return Response(
        body,
        media_type="text/plain",
        headers={"content-disposition": f'attachment; filename="{filename}"'},
    )


handlers = [
    show_operations, show_now, listen, retry_job, retry_all_jobs, discard_job, restore_job, check_files_again,
    download_webhook, replay_webhook, dismiss_webhook, restore_webhook,
    replay_mail, dismiss_mail, restore_mail,
]  # fmt: skip
