"""The help centre: search that answers while typing, articles, and the ways to reach us."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import msgspec
from babel.dates import format_date, format_skeleton, format_time, format_timedelta, get_day_names
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import tracking
from core.clock import now
from core.database import Database
from core.errors import Invalid, NotFound
from core.hours import Hours, Span
from core.rendering import current_locale, spoken
from core.rendering import gettext as _
from core.settings import Settings
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
    if usual is None:
        return ""
    # Rather too long than too short: by five minutes, from an hour and a half on by the hour.
    step = timedelta(hours=1) if usual > timedelta(minutes=90) else timedelta(minutes=5)
    usual = step * -(-usual // step)
    return format_timedelta(usual, granularity="minute", threshold=1.5, locale=current_locale())


async def reach(session: AsyncSession, settings: Settings) -> dict[str, Any]:
    """What is told before somebody writes: who answers, how soon, and whether anybody is there just now."""
    return {
        "wait": await usual_wait(session),
        "colleagues": await waiting.answering(session),
        **presence(settings),
    }


def presence(settings: Settings) -> dict[str, Any]:
    """Whether anybody is there just now, and when."""
    hours, at, here = settings.hours, now(), spoken()
    closes, opens = hours.closes(at), hours.opens(at)
    there = ""
    if closes is not None and closes - at > timedelta(days=1):
        there = _("We are here day and night.")
    elif closes is not None:
        there = _("We are here until %(time)s.") % {"time": format_time(closes, "short", locale=here)}
    elif opens is not None:
        clock = format_time(opens, "short", locale=here)
        away = opens.date() - at.astimezone(hours.zone).date()
        today = not away
        # A weekday alone would be taken for the next one.
        day = (
            format_date(opens, "EEEE", locale=here)
            if away < timedelta(days=7)
            else format_skeleton("MMMEd", opens, locale=here)
        )
        there = (
            _("We are back at %(time)s.") % {"time": clock}
            if today
            else _("We are back on %(day)s at %(time)s.") % {"day": day, "time": clock}
        )
    return {
        "there": there,
        "is_open": closes is not None,
        "opening_hours": _week(hours),
    }


def _week(hours: Hours) -> str:
    """The week in a line: "Mon–Fri 09:00–12:00 13:00–17:00, Sat 10:00–14:00"."""
    here = spoken()
    names = get_day_names("abbreviated", locale=here)
    runs: list[tuple[int, int, tuple[Span, ...]]] = []
    for day, spans in enumerate(hours.week):
        if spans and runs and runs[-1][1] == day - 1 and runs[-1][2] == spans:
            runs[-1] = (runs[-1][0], day, spans)
        elif spans:
            runs.append((day, day, spans))

    def told(span: Span) -> str:
        return "–".join(format_time(each, "short", locale=here) for each in span)

    return ", ".join(
        f"{names[first]}{f'–{names[last]}' if last > first else ''} {' '.join(told(span) for span in spans)}"
        for first, last, spans in runs
    )


@get("/help", guards=[anyone])
async def show_help(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    q: FromQuery[str] = "",
) -> Response[Any]:
    """The help centre's front page; with `q` its answers. htmx gets the answers alone."""
    locale = current_locale()
    async with database.transaction() as session:
        found = await articles.search(session, q, locale)
        fragment = request.headers.get("hx-target") == "help-answers"
        context: dict[str, Any] = {"query": q.strip(), "found": found}
        if fragment:
            return page("help/_answers.html", context)
        context |= {"sections": await articles.sections(session, locale), **await reach(session, settings)}
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
async def show_contact(
    database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    async with database.transaction() as session:
        context = await reach(session, settings)
    return page("help/contact.html", context)


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
