"""Places: the parts of the desk that a colleague may open, as the routes' own guards say it."""

from litestar import Litestar
from litestar.routes import HTTPRoute

from core.staff import Role, Staff
from portal.guards import roles_of

# What the rail calls a part, and where it begins.
PLACES = {
    name: f"/desk/{name}"
    for name in (
        "inbox", "customers", "campaigns", "store", "money", "help", "figures", "operations", "settings",
    )
}  # fmt: skip


def open_to(app: Litestar, colleague: Staff) -> list[str]:
    """The parts that exist here and that this colleague's roles include."""
    guarded = app.state.get("places")
    if guarded is None:
        guarded = app.state.places = _guarded(app)
    return [name for name, roles in guarded.items() if not roles or colleague.may_act_as(*roles)]


def _guarded(app: Litestar) -> dict[str, tuple[Role, ...]]:
    found = {}
    routes = {route.path: route for route in app.routes if isinstance(route, HTTPRoute)}
    for name, path in PLACES.items():
        route = routes.get(path)
        if route is None or "GET" not in route.route_handler_map:
            continue
        handler, _kept = route.route_handler_map["GET"]
        found[name] = tuple(role for guard in handler.resolve_guards() for role in roles_of(guard))
    return found
