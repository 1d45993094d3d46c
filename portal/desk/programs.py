"""Programs at the desk: the tokens with which they use the API, and the endpoints where they are told what happens."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from channels import calls, endpoints
from channels.endpoints import EVERYTHING, Endpoint
from core import staff as people
from core.clock import now
from core.database import Database
from core.errors import Conflict, DomainError, Invalid
from core.rendering import gettext as _
from core.settings import Settings
from core.staff import Role
from customers.timeline import OWN
from portal import disclosures, tokens
from portal.disclosures import Disclosure
from portal.forms import read_form
from portal.guards import staff
from portal.live import Live
from portal.rendering import page
from portal.visits import Visit

HERE = "/desk/settings/api"
ENDPOINTS = HERE + "/endpoints"
ONE = ENDPOINTS + "/{endpoint_id:uuid}"
ADMIN = staff(Role.ADMIN)
SHOWN = 100
# Whose secret is shown: a program's token, or else that of the endpoint with this id.
PROGRAM = "program"


class NewToken(msgspec.Struct):
    name: str = ""
    reads: list[str] = []
    writes: list[str] = []


class Wanted(msgspec.Struct):
    """An endpoint as the form has it; `own` are kinds of the company's own, separated by commas or spaces."""

    name: str = ""
    url: str = ""
    which: Literal["all", "some"] = "all"
    kinds: list[str] = []
    own: str = ""

    def chosen(self) -> list[str]:
        own = self.own.replace(",", " ").split()
        return [EVERYTHING] if self.which == "all" else [*self.kinds, *own]


class Since(msgspec.Struct):
    """How far back; 0 is all of it."""

    hours: int = 0


@dataclass(frozen=True)
class Tried:
    """What a form was filled in with, and what is wrong with it."""

    token: NewToken = field(default_factory=NewToken)
    endpoint: Wanted = field(default_factory=Wanted)
    token_errors: dict[str, str] = field(default_factory=dict)
    endpoint_errors: dict[str, str] = field(default_factory=dict)
    message: str = ""


def _scopes(ending: str) -> list[tuple[str, str]]:
    return [(scope, _(words)) for scope, words in tokens.SCOPES.items() if scope.endswith(ending)]


def _errors(error: DomainError) -> dict[str, str]:
    return {name: _(words) for name, words in getattr(error, "fields", {}).items()}


async def _page(
    database: Database,
    *,
    tried: Tried | None = None,
    issued: Disclosure | None = None,
    too_late: bool = False,
) -> Response[Any]:
    async with database.transaction() as session:
        context = {
            "tokens": await tokens.listed(session),
            "endpoints": await endpoints.listed(session),
            "unfinished": await calls.unfinished(session),
            "makers": {one.id: one.name for one in await people.everyone(session)},
            "scope_words": {scope: _(words) for scope, words in tokens.SCOPES.items()},
            "reads": _scopes(":read"),
            "writes": _scopes(":write"),
            "known_kinds": endpoints.known_kinds(),
            "tried": tried or Tried(),
            "issued": issued,
            "too_late": too_late,
            "now": now(),
        }
    return page("desk/programs.html", context, status_code=422 if tried else 200)


@get(HERE, guards=[ADMIN])
async def show_programs(
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    live: NamedDependency[Live],
    made: FromQuery[str] = "",
) -> Response[Any]:
    """Tokens and endpoints; `made` finds the secret of one made a moment ago, once."""
    issued, too_late = await disclosures.find(live.redis, visit, made, PROGRAM)
    return await _page(database, issued=issued, too_late=too_late)


@post(HERE + "/tokens", guards=[ADMIN])
async def create_token(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    live: NamedDependency[Live],
) -> Response[Any]:
    """Make a token, which the next page shows, once."""
    form = await read_form(request, NewToken)
    try:
        async with database.transaction() as session:
            token, secret = await tokens.create(
                session, form.name, [*form.reads, *form.writes], created_by=visit.colleague.id
            )
    except Invalid as error:
        return await _page(
            database, tried=Tried(token=form, token_errors=_errors(error), message=_(error.message))
        )
    issued = Disclosure(PROGRAM, token.name, secret)
    return await disclosures.lead_to(live.redis, visit, HERE, issued) or await _page(database, issued=issued)


@post(HERE + "/tokens/{token_id:uuid}/revoke", guards=[ADMIN])
async def revoke_token(token_id: FromPath[UUID], database: NamedDependency[Database]) -> Response[Any]:
    """Close a token for ever."""
    async with database.transaction() as session:
        await tokens.revoke(session, token_id)
    return Redirect(HERE, status_code=303)


@post(ENDPOINTS, guards=[ADMIN])
async def add_endpoint(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    live: NamedDependency[Live],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Add an endpoint, whose secret the next page shows, once."""
    form = await read_form(request, Wanted)
    try:
        async with database.transaction() as session:
            endpoint, secret = await endpoints.add(
                session,
                form.name,
                form.url,
                form.chosen(),
                private=settings.webhooks_to_private,
                created_by=visit.colleague.id,
            )
    except (Invalid, Conflict) as error:
        return await _page(
            database, tried=Tried(endpoint=form, endpoint_errors=_errors(error), message=_(error.message))
        )
    return await _disclosed(database, live, visit, endpoint, secret)


async def _disclosed(
    database: Database, live: Live, visit: Visit, endpoint: Endpoint, secret: str
) -> Response[Any]:
    """On to the page of an endpoint, which shows its new secret."""
    issued = Disclosure(str(endpoint.id), endpoint.name, secret)
    led = await disclosures.lead_to(live.redis, visit, f"{ENDPOINTS}/{endpoint.id}", issued)
    return led or await _endpoint_page(database, endpoint.id, issued=issued)


def _as_form(endpoint: Endpoint) -> Wanted:
    if endpoint.kinds == [EVERYTHING]:
        return Wanted(endpoint.name, endpoint.url)
    own = [kind for kind in endpoint.kinds if kind.startswith(OWN)]
    return Wanted(
        endpoint.name,
        endpoint.url,
        "some",
        [kind for kind in endpoint.kinds if kind not in own],
        ", ".join(own),
    )


async def _facts(database: Database, endpoint_id: UUID, unfinished: bool) -> dict[str, Any]:
    async with database.transaction() as session:
        endpoint = await endpoints.get(session, endpoint_id)
        deliveries = await calls.log(session, endpoint_id, unfinished=unfinished, limit=SHOWN)
        return {
            "endpoint": endpoint,
            "deliveries": deliveries,
            "attempts": await calls.attempts(session, [each.id for each in deliveries]),
            "missing": (await calls.unfinished(session)).get(endpoint_id, 0),
            "unfinished": unfinished,
            "shown": SHOWN,
            # Something is about to be called for the first time: look again soon.
            "fresh": endpoint.disabled_at is None
            and any(each.state == "waiting" and not each.tries for each in deliveries),
            "now": now(),
        }


async def _endpoint_page(
    database: Database,
    endpoint_id: UUID,
    *,
    unfinished: bool = False,
    typed: Wanted | None = None,
    errors: dict[str, str] | None = None,
    message: str = "",
    issued: Disclosure | None = None,
    too_late: bool = False,
) -> Response[Any]:
    facts = await _facts(database, endpoint_id, unfinished)
    context = {
        **facts,
        "typed": typed or _as_form(facts["endpoint"]),
        "errors": errors or {},
        "message": message,
        "issued": issued,
        "too_late": too_late,
        "known_kinds": endpoints.known_kinds(),
    }
    return page("desk/endpoint.html", context, status_code=422 if message else 200)


@get(ONE, guards=[ADMIN])
async def show_endpoint(
    endpoint_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    live: NamedDependency[Live],
    unfinished: FromQuery[str] = "",
    made: FromQuery[str] = "",
) -> Response[Any]:
    """An endpoint and its log; `made` finds the secret that it got a moment ago, once."""
    issued, too_late = await disclosures.find(live.redis, visit, made, str(endpoint_id))
    return await _endpoint_page(
        database, endpoint_id, unfinished=bool(unfinished), issued=issued, too_late=too_late
    )


@get(ONE + "/log", guards=[ADMIN])
async def show_log(
    endpoint_id: FromPath[UUID], database: NamedDependency[Database], unfinished: FromQuery[str] = ""
) -> Response[Any]:
    """The log alone, which the page fetches again while something is about to be called."""
    return page("desk/_endpoint_log.html", await _facts(database, endpoint_id, bool(unfinished)))


@post(ONE, guards=[ADMIN])
async def change_endpoint(
    request: Request[Any, Any, Any],
    endpoint_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    form = await read_form(request, Wanted)
    try:
        async with database.transaction() as session:
            await endpoints.change(
                session,
                endpoint_id,
                private=settings.webhooks_to_private,
                name=form.name,
                url=form.url,
                kinds=form.chosen(),
            )
    except Invalid as error:
        return await _endpoint_page(
            database, endpoint_id, typed=form, errors=_errors(error), message=_(error.message)
        )
    return _back(endpoint_id)


def _back(endpoint_id: UUID) -> Response[Any]:
    return Redirect(f"{ENDPOINTS}/{endpoint_id}", status_code=303)


@post(ONE + "/rotate", guards=[ADMIN])
async def rotate_secret(
    endpoint_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    live: NamedDependency[Live],
) -> Response[Any]:
    """A new secret, which the next page shows, once."""
    async with database.transaction() as session:
        endpoint, secret = await endpoints.rotate(session, endpoint_id)
    return await _disclosed(database, live, visit, endpoint, secret)


@post(ONE + "/disable", guards=[ADMIN])
async def disable_endpoint(
    endpoint_id: FromPath[UUID], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> Response[Any]:
    reason = _("Switched off by %(name)s.") % {"name": visit.colleague.name}
    async with database.transaction() as session:
        await endpoints.disable(session, endpoint_id, reason)
    return _back(endpoint_id)


@post(ONE + "/enable", guards=[ADMIN])
async def enable_endpoint(endpoint_id: FromPath[UUID], database: NamedDependency[Database]) -> Response[Any]:
    async with database.transaction() as session:
        await endpoints.enable(session, endpoint_id)
    return _back(endpoint_id)


@post(ONE + "/remove", guards=[ADMIN])
async def remove_endpoint(endpoint_id: FromPath[UUID], database: NamedDependency[Database]) -> Response[Any]:
    async with database.transaction() as session:
        await endpoints.remove(session, endpoint_id)
    return Redirect(HERE, status_code=303)


@post(ONE + "/test", guards=[ADMIN])
async def send_test(endpoint_id: FromPath[UUID], database: NamedDependency[Database]) -> Response[Any]:
    async with database.transaction() as session:
        await calls.send_test(session, endpoint_id)
    return _back(endpoint_id)


@post(ONE + "/replay", guards=[ADMIN])
async def replay_missing(
    request: Request[Any, Any, Any], endpoint_id: FromPath[UUID], database: NamedDependency[Database]
) -> Response[Any]:
    """Send again what did not arrive of the last hours, or all of it."""
    form = await read_form(request, Since)
    # A number that no form of ours sends is as good as all of it.
    since = now() - timedelta(hours=form.hours) if 0 < form.hours <= 24 * 365 else None
    async with database.transaction() as session:
        await calls.replay_since(session, endpoint_id, since)
    return _back(endpoint_id)


@post(ONE + "/deliveries/{delivery_id:uuid}/replay", guards=[ADMIN])
async def replay_delivery(
    endpoint_id: FromPath[UUID], delivery_id: FromPath[UUID], database: NamedDependency[Database]
) -> Response[Any]:
    async with database.transaction() as session:
        await calls.replay(session, endpoint_id, delivery_id)
    return _back(endpoint_id)


handlers = [
    show_programs, create_token, revoke_token, add_endpoint, show_endpoint, show_log, change_endpoint,
    rotate_secret, disable_endpoint, enable_endpoint, remove_endpoint, send_test, replay_missing, replay_delivery,
]  # fmt: skip
