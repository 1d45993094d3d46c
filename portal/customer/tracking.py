"""What leads back from a campaign: its links, the way out, and the choice of what to hear about."""

from typing import Any
from uuid import UUID

from litestar import HttpMethod, Request, Response, get, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import tokens, topics, tracking
from core.database import Database
from core.rendering import gettext as _
from core.settings import Settings
from customers import consent
from customers.identities import contacts
from portal.guards import anyone, customer
from portal.rendering import page
from portal.visits import Visit

READ = [HttpMethod.GET, HttpMethod.HEAD]


@route("/l/{token:str}", http_method=READ, guards=[anyone], include_in_schema=False)
async def follow_link(
    request: Request[Any, Any, Any],
    token: FromPath[str],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Lead to where the link was approved to lead, and note that it was asked for."""
    async with database.transaction() as session:
        url = await tracking.click(
            session, settings, token, method=request.method, headers=dict(request.headers.items())
        )
    # Not Litestar's Redirect: it would write the address anew, and this one is to stay as it was approved.
    headers = {"location": url, "referrer-policy": "no-referrer", "x-robots-tag": "noindex"}
    return Response(None, status_code=302, headers=headers)


@get("/u/{token:str}", guards=[anyone])
async def show_way_out(
    token: FromPath[str], database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Response[Any]:
    """A page with a button. Looking at it changes nothing, whoever looks."""
    if token == tokens.SAMPLE:
        return page("account/sample.html", {})
    async with database.transaction() as session:
        recipient, broadcast = await tracking.recipient_of(session, settings, "unsubscribe", token)
        out = not await tracking.allows(session, recipient.customer_id, broadcast.channel, broadcast.topic)
    context = {
        "token": token,
        "out": out,
        "topic": topic_words(broadcast.topic)[0],
        "channel": channel_words(broadcast.channel),
        "preferences": tokens.address(settings, "preferences", tokens.Named(recipient.id)),
    }
    return page("account/unsubscribe.html", context)


@post("/u/{token:str}", guards=[anyone], exclude_from_csrf=True)
async def take_way_out(
    request: Request[Any, Any, Any],
    token: FromPath[str],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Unsubscribe: by a mail program's one click (RFC 8058), or by the button of our page."""
    form = await request.form()
    one_click = form.get("List-Unsubscribe") == "One-Click"
    async with database.transaction() as session:
        await tracking.unsubscribe(
            session, settings, token, source="one-click unsubscribe" if one_click else "unsubscribe page"
        )
    if one_click:
        return Response("", status_code=200, media_type="text/plain")
    return Redirect(f"/u/{token}", status_code=303)


@get("/preferences/{token:str}", guards=[anyone])
async def show_preferences(
    token: FromPath[str],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    saved: FromQuery[str] = "",
) -> Response[Any]:
    """What this customer hears about, on which channel; opened by a signed link from a message."""
    if token == tokens.SAMPLE:
        return page("account/sample.html", {})
    async with database.transaction() as session:
        recipient, _broadcast = await tracking.recipient_of(session, settings, "preferences", token)
        chosen = await _choices(session, recipient.customer_id)
    context = {"choices": chosen, "action": f"/preferences/{token}", "saved": bool(saved), "signed_in": False}
    return page("account/preferences.html", context)


@post("/preferences/{token:str}", guards=[anyone])
async def save_preferences(
    request: Request[Any, Any, Any],
    token: FromPath[str],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    wanted = await _wanted(request)
    async with database.transaction() as session:
        recipient, _broadcast = await tracking.recipient_of(session, settings, "preferences", token)
        await tracking.choose(
            session,
            recipient.customer_id,
            wanted,
            source="preferences link",
            wording=wording(),
            reached=(recipient.channel, recipient.address),
        )
    return Redirect(f"/preferences/{token}?saved=1", status_code=303)


@get("/account/preferences", guards=[customer])
async def show_own_preferences(
    visit: NamedDependency[Visit], database: NamedDependency[Database], saved: FromQuery[str] = ""
) -> Response[Any]:
    async with database.transaction() as session:
        chosen = await _choices(session, visit.customer)
    context = {
        "choices": chosen,
        "action": "/account/preferences",
        "saved": bool(saved),
        "signed_in": True,
    }
    return page("account/preferences.html", context)


@post("/account/preferences", guards=[customer])
async def save_own_preferences(
    request: Request[Any, Any, Any], visit: NamedDependency[Visit], database: NamedDependency[Database]
) -> Response[Any]:
    wanted = await _wanted(request)
    async with database.transaction() as session:
        await tracking.choose(session, visit.customer, wanted, source="account", wording=wording())
    return Redirect("/account/preferences?saved=1", status_code=303)


def topic_words(key: str) -> tuple[str, str]:
    """A topic's name, and what it is about, in the reader's language."""
    return {
        "news": (_("News and seasons"), _("New coffees, new machines, and what the season brings.")),
        "offers": (_("Offers"), _("Reduced prices and bundles, a few times a year.")),
        "care": (
            _("Care for your machine"),
            _("Descaling, grinding, and when a part is worth replacing."),
        ),
    }.get(key, (key, ""))


def channel_words(channel: str) -> str:
    return {"email": _("E-mail"), "sms": _("Text message")}.get(channel, channel)


def wording() -> str:
    """The sentence that stands above the boxes, kept with every consent given there."""
    return _("Write to me about what I have marked. I can change this at any time.")


async def _choices(session: AsyncSession, customer_id: UUID) -> dict[str, Any]:
    """The table of the page: topics down, channels that we can reach the customer on across."""
    allowed = await consent.standing(session, customer_id)
    kinds = {identity.kind for identity in await contacts(session, customer_id)}
    channels = [name for name, kind in (("email", "email"), ("sms", "phone")) if kind in kinds]
    return {
        "wording": wording(),
        "channels": [(name, channel_words(name)) for name in channels],
        "rows": [
            {
                "key": topic.key,
                "name": topic_words(topic.key)[0],
                "about": topic_words(topic.key)[1],
                "boxes": [
                    (name, channel_words(name), f"{name}:{topic.key}", (name, topic.key) in allowed)
                    for name in channels
                ],
            }
            for topic in topics.TOPICS
        ],
    }


async def _wanted(request: Request[Any, Any, Any]) -> set[tuple[str, str]]:
    """The boxes that were marked, of those that there are."""
    form = await request.form()
    marked = {str(value) for value in form.getall("want", [])}
    return {
        (channel, topic.key)
        for channel in topics.CHANNELS
        for topic in topics.TOPICS
        if f"{channel}:{topic.key}" in marked
    }


handlers = [
    follow_link, show_way_out, take_way_out, show_preferences, save_preferences, show_own_preferences,
    save_own_preferences,
]  # fmt: skip
