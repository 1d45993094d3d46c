"""What holds for every route of the HTTP door."""

from litestar import Litestar
from litestar.routes import HTTPRoute

from portal import guards
from tests.portal.conftest import Browser


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


async def test_it_is_ready_when_the_database_and_redis_answer(client: Browser) -> None:
    answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"database": "ok", "redis": "ok"})
