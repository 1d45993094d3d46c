"""The help centre: search that answers while typing, articles, and the ways to reach us."""

from hashlib import sha256
from typing import Any

import msgspec
from babel.dates import format_timedelta
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import tracking
from core.database import Database
from core.errors import Invalid, NotFound
from core.rendering import current_locale
from core.rendering import gettext as _
from portal import visits
from portal.forms import read_form
from portal.guards import anyone
from portal.limits import Limits, client
from portal.rendering import page
from portal.visits import Visit
from support import articles, readers, waiting

VOTES_BY_CLIENT = "60/hour"


def reasons() -> list[tuple[str, str]]:
    return [
        ("unclear", _("I could not follow it")),
        ("wrong", _("It is wrong or out of date")),
        ("missing", _("It does not answer my question")),
        ("other", _("Something else")),
    ]


async def usual_wait(session: AsyncSession) -> str:
    """How soon people are usually answered, in the reader's words; empty while there is nothing to go by."""
    usual = await waiting.usual(session)
    return (
        format_timedelta(usual, granularity="minute", threshold=1.2, locale=current_locale()) if usual else ""
    )


@get("/help", guards=[anyone])
async def show_help(
    request: Request[Any, Any, Any], database: NamedDependency[Database], q: FromQuery[str] = ""
) -> Response[Any]:
    """The help centre's front page; with `q` its answers. htmx gets the answers alone."""
    locale = current_locale()
    async with database.transaction() as session:
        found = await articles.search(session, q, locale)
        fragment = request.headers.get("hx-target") == "help-answers"
        context: dict[str, Any] = {"query": q.strip(), "found": found}
        if fragment:
            return page("help/_answers.html", context)
        context |= {"sections": await articles.sections(session, locale), "wait": await usual_wait(session)}
    return page("help/home.html", context)


@get("/help/topics/{slug:str}", guards=[anyone])
async def show_topic(slug: FromPath[str], database: NamedDependency[Database]) -> Response[Any]:
    async with database.transaction() as session:
        sections = await articles.sections(session, current_locale())
    topic = next((section for section in sections if section.slug == slug), None)
    if topic is None:
        raise NotFound(_("There is no such part of the help centre."))
    return page("help/topic.html", {"topic": topic})


@get("/help/delivery", guards=[anyone])
async def show_delivery() -> Redirect:
    return Redirect("/help/topics/orders", status_code=303)


@get("/help/contact", guards=[anyone])
async def show_contact(database: NamedDependency[Database]) -> Response[Any]:
    async with database.transaction() as session:
        wait = await usual_wait(session)
    return page("help/contact.html", {"wait": wait})


@get("/help/articles/{slug:str}", guards=[anyone])
async def show_article(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    slug: FromPath[str],
    database: NamedDependency[Database],
    voted: FromQuery[str] = "",
) -> Response[Any]:
    """An article; a reading counts once it is a customer's, by a browser, and not the page after a vote."""
    reader = tracking.agent_class(request.method, request.headers) == "browser"
    return await _article(database, slug, voted, read=reader and visit.staff is None and not voted)


async def _article(
    database: Database, slug: str, voted: str, *, read: bool = False, errors: dict[str, str] | None = None
) -> Response[Any]:
    locale = current_locale()
    async with database.transaction() as session:
        article = await articles.published(session, slug, locale)
        sections = await articles.sections(session, locale)
        if read:
            await readers.seen(session, article.id)
    topic = next(section for section in sections if section.id == article.category_id)
    context = {
        "article": article,
        "topic": topic,
        "others": [other for other in topic.articles if other.id != article.id][:5],
        "voted": voted if voted in ("yes", "no", "thanks") else "",
        "reasons": reasons(),
        "errors": errors or {},
    }
    return page("help/article.html", context, status_code=422 if errors else 200)


class Vote(msgspec.Struct):
    helpful: str
    reason: str = ""
    comment: str = ""


@post("/help/articles/{slug:str}/vote", guards=[anyone])
async def vote(
    slug: FromPath[str],
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    limits: NamedDependency[Limits],
) -> Response[Any]:
    """One voice for each browser; a "no" is asked for its reason afterwards."""
    await limits.take(VOTES_BY_CLIENT, "article-vote", client(request))
    try:
        form = await read_form(request, Vote)
        helpful = form.helpful == "yes"
        async with database.transaction() as session:
            if visit.token is None:
                visit = await visits.remember(session, request)
            voter = sha256(f"{slug}:{visit.customer_id or visit.token}".encode()).hexdigest()
            await articles.vote(
                session, slug, voter, helpful=helpful, reason=form.reason, comment=form.comment
            )
    except Invalid as error:
        errors = {name: _(said) for name, said in error.fields.items()}
        return await _article(database, slug, "no", errors=errors)
    said = "yes" if helpful else "thanks" if form.reason or form.comment else "no"
    return Redirect(f"/help/articles/{slug}?voted={said}#vote", status_code=303)


handlers = [show_help, show_topic, show_delivery, show_contact, show_article, vote]
