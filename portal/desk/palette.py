"""The palette: people, orders, tickets and commands, found in a few keys."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core.database import Database
from core.money import formatted
from core.rendering import current_locale
from core.rendering import gettext as _
from core.staff import Role
from estore import orders
from portal import places
from portal.guards import staff
from portal.rendering import page
from portal.visits import Visit
from support import search

Item = tuple[str, str, str, str | None, str | None]


def _commands(request: Request[Any, Any, Any], visit: Visit) -> list[Item]:
    """What may be done from anywhere in these roles: (words, address, icon, detail, keys)."""
    colleague = visit.colleague
    items: list[Item] = []
    if colleague.may_act_as(Role.AGENT):
        items += [
            (_("Take the next ticket"), "/desk/inbox/next", "inbox", None, "t"),
            (_("Macros"), "/desk/macros", "zap", None, None),
        ]
    if colleague.may_act_as(Role.MARKETER):
        items.append((_("Segments"), "/desk/segments", "users", None, None))
    if colleague.may_act_as(Role.ADMIN):
        items.append((_("API and webhooks"), "/desk/settings/api", "webhook", None, None))
    ways = {
        "inbox": (_("Inbox"), "inbox", "g i"),
        "customers": (_("Customers"), "users", "g c"),
        "campaigns": (_("Campaigns"), "megaphone", "g p"),
        "store": (_("Store"), "store", "g s"),
        "money": (_("Money"), "wallet", "g m"),
        "help": (_("Help centre"), "life-buoy", "g h"),
        "figures": (_("Figures"), "chart-column", "g f"),
        "operations": (_("Operations"), "activity", "g o"),
        "settings": (_("Settings"), "settings", "g ,"),
    }
    open_here = places.open_to(request.app, colleague)
    for name, (words, icon, keys) in ways.items():
        if name in open_here:
            items.append((words, places.PLACES[name], icon, None, keys))
    return items


@get("/desk/palette", guards=[staff()])
async def show_palette(
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    q: FromQuery[str] = "",
) -> Response[Any]:
    """What a few letters find; with none, what can be done."""
    asked = q.strip().lower()
    groups: list[tuple[str, list[Item]]] = []
    if asked:
        async with database.transaction() as session:
            people = await search.people(session, q, 6)
            tickets = await search.tickets(session, q, 5) if visit.colleague.may_act_as(Role.AGENT) else []
            found = (
                await orders.recent(session, words=q, limit=5)
                if visit.colleague.may_act_as(Role.MERCHANDISER, Role.AGENT)
                else []
            )
        groups = [
            (
                _("Customers"),
                [
                    (
                        person.name or person.contact,
                        f"/desk/customers/{person.id}",
                        "user",
                        person.contact,
                        None,
                    )
                    for person in people
                ],
            ),
            (
                _("Tickets"),
                [
                    (
                        f"{ticket.number} {ticket.subject}",
                        f"/desk/inbox/{ticket.conversation_id}",
                        "life-buoy",
                        None,
                        None,
                    )
                    for ticket in tickets
                ],
            ),
            (
                _("Orders"),
                [
                    (
                        order.number,
                        f"/desk/store/orders/{order.number}",
                        "package",
                        formatted(order.total, order.currency, current_locale()),
                        None,
                    )
                    for order in found
                ],
            ),
        ]
    groups.append(
        (_("Do"), [item for item in _commands(request, visit) if not asked or asked in item[0].lower()])
    )
    context = {"groups": groups, "query": q.strip()}
    fragment = request.headers.get("hx-request")
    return page("desk/palette/_results.html" if fragment else "desk/palette.html", context)


handlers = [show_palette]
