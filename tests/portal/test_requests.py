"""Every request has an id, a line in the log, and is counted by its route, never by its path."""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any, cast

import pytest
import structlog
from httpx import ASGITransport, AsyncClient
from litestar import Litestar
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from core.settings import Settings
from portal.requests import Requests
from tests.portal.conftest import Browser


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        yield lines


def counted(**labels: str) -> float:
    return REGISTRY.get_sample_value("throughline_http_requests_total", labels) or 0.0


async def test_a_request_is_one_line_with_the_route_and_nothing_that_was_typed(
    client: Browser, lines: list[Any]
) -> None:
    answer = await client.get(
        "/p/no-such-thing?email=ann@example.org&token=hush", headers={"x-request-id": "mine-12345"}
    )
    assert answer.status_code == 404
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["route"], line["method"], line["status"]) == ("/p/{slug}", "GET", 404)
    assert line["ms"] > 0
    assert set(line) == {"event", "log_level", "route", "method", "status", "ms", "request_id"}
    # A stranger's id is not taken over, and ours is told.
    assert re.fullmatch("[0-9a-f]{24}", line["request_id"])
    assert answer.headers.get_list("x-request-id") == [line["request_id"]]


async def test_what_no_route_takes_is_counted_under_one_name(client: Browser, lines: list[Any]) -> None:
    before = counted(route="unmatched", method="GET", status="404")
    for path in ("/wp-login.php", "/ann@example.org", "/a/b/c/d"):
        assert (await client.get(path)).status_code == 404
    assert counted(route="unmatched", method="GET", status="404") == before + 3
    assert "example.org" not in repr(lines)


async def test_a_method_of_somebodys_own_is_no_label(client: Browser) -> None:
    before = counted(route="unmatched", method="other", status="405") + counted(
        route="unmatched", method="other", status="404"
    )
    await client.request("ANN@EXAMPLE", "/")
    found = {
        sample.labels["method"]
        for metric in REGISTRY.collect()
        if metric.name == "throughline_http_requests"
        for sample in metric.samples
    }
    assert found <= {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"}
    assert before >= 0


async def test_health_and_files_are_counted_without_a_line(client: Browser, lines: list[Any]) -> None:
    before = counted(route="/health/live", method="GET", status="200")
    answer = await client.get("/health/live")
    assert counted(route="/health/live", method="GET", status="200") == before + 1
    assert "x-request-id" in answer.headers
    assert lines == []


async def fails(scope: Any, receive: Any, send: Any) -> None:
    structlog.get_logger().info("at work")
    raise RuntimeError("broken")


async def answers(scope: Any, receive: Any, send: Any) -> None:
    scope["path_template"] = "/tried"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("0192d3b4-0000-7000-8000-000000000000", True),
        ("a" * 64, True),
        ("a" * 65, False),
        ("short", False),
        ("no spaces please", False),
        ('{"json": 1}', False),
        ("ann@example.org", False),
    ],
)
@pytest.mark.parametrize("proxies", ["127.0.0.1", "10.0.0.0/8"])
async def test_only_our_proxy_names_a_request_and_only_well(
    settings: Settings, lines: list[Any], given: str, taken: bool, proxies: str
) -> None:
    wrapped = Requests(answers, settings.model_copy(update={"trusted_proxies": proxies}))
    assert wrapped.proxies == (ip_network(proxies),)
    async with AsyncClient(transport=ASGITransport(cast("Any", wrapped)), base_url="http://site") as client:
        answer = await client.get("/tried", headers={"x-request-id": given})
    told = answer.headers["x-request-id"]
    assert (told == given) == (taken and proxies == "127.0.0.1")
    assert [line["request_id"] for line in lines] == [told]


async def test_what_breaks_is_a_500_and_its_lines_bear_the_id(settings: Settings, lines: list[Any]) -> None:
    transport = ASGITransport(cast("Any", Requests(fails, settings)), raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://site") as client:
        await client.get("/tried")
    assert [line["event"] for line in lines] == ["at work", "request"]
    assert len({line["request_id"] for line in lines}) == 1
    assert lines[1]["status"] == 500
    # The id ends with the request.
    assert structlog.contextvars.get_contextvars() == {}


async def test_webhooks_are_counted_by_provider_and_outcome(app: Litestar, client: Browser) -> None:
    def refused() -> float:
        labels = {"provider": "stripe", "outcome": "refused"}
        return REGISTRY.get_sample_value("throughline_webhooks_received_total", labels) or 0.0

    before = refused()
    await client.post("/webhooks/stripe", content=b"{}", headers={"stripe-signature": "t=1,v1=x"})
    await client.post("/webhooks/nobody", content=b"{}")
    assert refused() == before + 1
    assert (
        REGISTRY.get_sample_value(
            "throughline_webhooks_received_total", {"provider": "nobody", "outcome": "refused"}
        )
        is None
    )
