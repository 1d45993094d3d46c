"""What holds for every route of the HTTP door."""

from litestar import Litestar
from litestar.routes import HTTPRoute

from portal import guards


def test_every_route_declares_who_may_call_it(app: Litestar) -> None:
    undeclared = []
    seen = 0
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else [route.route_handler]:
            found = [guard for guard in handler.resolve_guards() if guards.is_declared(guard)]
            automatic = handler.fn.__name__ in {"options_handler", "on_options_request"}
            seen += not automatic
            if len(found) != 1 and not automatic:
                undeclared.append((route.path, handler.fn.__name__, len(found)))
    assert undeclared == []
    assert seen > 100
