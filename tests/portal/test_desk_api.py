"""Tokens and webhook endpoints at the desk: made, shown once, closed."""

import re
from html import unescape
from uuid import UUID, uuid4

import pytest
from httpx import Response
from litestar import Litestar
from redis.asyncio import Redis
from sqlalchemy import func, select, update

from channels import calls, endpoints
from channels.endpoints import Endpoint, EndpointAttempt, EndpointDelivery
from channels.jobs import CallEndpoint
from core.clock import now
from core.database import Database
from core.jobs import JobRow, decode
from core.staff import Role
from portal import tokens
from portal.models import ApiToken
from tests.portal.conftest import Browser, browser, employed

HERE = "/desk/settings/api"
URL = "https://accounts.example.com/hook"


async def endpoint_in(database: Database, **facts: object) -> Endpoint:
    async with database.transaction() as session:
        endpoint, _secret = await endpoints.add(session, "The accounts", URL, ["order.placed"], private=False)
        for name, value in facts.items():
            setattr(endpoint, name, value)
    return endpoint


async def delivery_in(database: Database, endpoint: Endpoint, **facts: object) -> EndpointDelivery:
    async with database.transaction() as session:
        delivery = await calls.send_test(session, endpoint.id)
        await session.execute(
            update(EndpointDelivery).where(EndpointDelivery.id == delivery.id).values(**facts)
        )
        await session.execute(JobRow.__table__.delete())  # type: ignore[attr-defined]  # the library declares less than it has
    return delivery


async def promised(database: Database) -> list[tuple[UUID, int]]:
    async with database.transaction() as session:
        jobs = [
            decode(row.tag, row.payload) for row in await session.scalars(select(JobRow).order_by(JobRow.id))
        ]
    return [(job.delivery_id, job.round) for job in jobs if isinstance(job, CallEndpoint)]


async def onward(browser: Browser, answer: Response) -> str:
    """The page that a made secret leads to, which alone shows it."""
    assert (answer.status_code, answer.text) == (303, "")
    return (await browser.get(answer.headers["location"])).text


def shown(page: str, id: str) -> str:
    found = re.search(rf'id="{id}">([^<]+)<', page)
    assert found is not None
    return unescape(found[1])


@pytest.mark.parametrize("role", [Role.AGENT, Role.MARKETER, Role.MERCHANDISER])
async def test_only_an_admin_comes_in(app: Litestar, database: Database, role: Role) -> None:
    async with browser(app, await employed(app, role)) as client:
        assert (await client.get(HERE)).status_code == 403
        answer = await client.submit(f"{HERE}/tokens", {"name": "Mine", "reads": "customers:read"})
        assert answer.status_code == 403
        answer = await client.submit(f"{HERE}/endpoints", {"name": "Mine", "url": URL, "which": "all"})
        assert answer.status_code == 403
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(ApiToken)) == 0
        assert await session.scalar(select(func.count()).select_from(Endpoint)) == 0


async def test_a_token_is_made_and_shown_once(
    admin_client: Browser, client: Browser, database: Database
) -> None:
    answer = await admin_client.submit(
        f"{HERE}/tokens", {"name": "The newsletter", "reads": ["customers:read"], "writes": ["leads:write"]}
    )
    assert answer.headers["location"].startswith(f"{HERE}?made=")
    first = await onward(admin_client, answer)
    secret = shown(first, "issued-token")
    assert f'data-copy="{secret}"' in first
    async with database.transaction() as session:
        token = (await session.scalars(select(ApiToken))).one()
    assert (token.name, token.scopes) == ("The newsletter", ["customers:read", "leads:write"])
    assert token.created_by is not None
    opened = await client.get("/api/v1/customers", headers={"authorization": f"Bearer {secret}"})
    assert opened.status_code == 200
    later = (await admin_client.get(HERE)).text
    assert secret not in later
    assert token.beginning in later
    assert "Hand in leads" in later
    assert "Olga" in later


async def test_a_reload_shows_no_secret_again_and_makes_none(
    app: Litestar, admin_client: Browser, database: Database
) -> None:
    answer = await admin_client.submit(f"{HERE}/tokens", {"name": "The till", "reads": "customers:read"})
    where = answer.headers["location"]
    async with browser(app, await employed(app, Role.ADMIN, email="two@halden.test")) as other:
        stolen = (await other.get(where)).text
    assert 'id="issued-token"' not in stolen
    kept = await app.state.live.redis.keys("throughline:disclosure:*")
    sealed = await app.state.live.redis.get(kept[0])
    secret = shown((await admin_client.get(where)).text, "issued-token")
    assert secret.encode() not in sealed
    assert await app.state.live.redis.keys("throughline:disclosure:*") == []
    again = (await admin_client.get(where)).text
    assert secret not in again
    assert "The token was shown already" in again
    added = await admin_client.submit(f"{HERE}/endpoints", {"name": "Till", "url": URL, "which": "all"})
    assert 'id="issued-secret"' in await onward(admin_client, added)
    again = await onward(admin_client, added)
    assert 'id="issued-secret"' not in again
    assert "The secret was shown already" in again
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(ApiToken)) == 1
        assert await session.scalar(select(func.count()).select_from(Endpoint)) == 1


async def test_without_redis_a_secret_is_shown_at_once(
    app: Litestar, admin_client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    down = Redis.from_url("redis://127.0.0.1:9")
    monkeypatch.setattr(app.state.live, "redis", down)
    answer = await admin_client.submit(f"{HERE}/tokens", {"name": "The till", "reads": "customers:read"})
    assert answer.status_code == 200
    assert shown(answer.text, "issued-token")
    await down.aclose()


async def test_a_token_without_scopes_is_not_made_and_what_was_typed_is_kept(
    admin_client: Browser, database: Database
) -> None:
    answer = await admin_client.submit(f"{HERE}/tokens", {"name": "The <newsletter>"})
    assert answer.status_code == 422
    assert 'value="The &lt;newsletter&gt;"' in answer.text
    assert "Choose at least one scope." in answer.text
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(ApiToken)) == 0


async def test_a_revoked_token_opens_nothing_and_the_page_said_that_it_is_final(
    admin_client: Browser, client: Browser, database: Database
) -> None:
    async with database.transaction() as session:
        token, secret = await tokens.create(session, "The newsletter", ["customers:read"])
    assert "This is final" in (await admin_client.get(HERE)).text
    answer = await admin_client.submit(f"{HERE}/tokens/{token.id}/revoke")
    assert (answer.status_code, answer.headers["location"]) == (303, HERE)
    opened = await client.get("/api/v1/customers", headers={"authorization": f"Bearer {secret}"})
    assert opened.status_code == 401
    page = (await admin_client.get(HERE)).text
    assert "revoked" in page
    assert f"/tokens/{token.id}/revoke" not in page


async def test_an_endpoint_is_added_and_its_secret_shown_once(
    admin_client: Browser, database: Database
) -> None:
    answer = await admin_client.submit(
        f"{HERE}/endpoints",
        {
            "name": "The accounts",
            "url": URL,
            "which": "some",
            "kinds": ["order.placed", "invoice.paid"],
            "own": "custom.machine.serviced, custom.machine.sold",
        },
    )
    secret = shown(await onward(admin_client, answer), "issued-secret")
    async with database.transaction() as session:
        endpoint = (await session.scalars(select(Endpoint))).one()
    assert secret == endpoints.shown_secret(endpoint.secret)
    assert (endpoint.url, endpoint.kinds) == (
        URL,
        ["custom.machine.serviced", "custom.machine.sold", "invoice.paid", "order.placed"],
    )
    for path in (HERE, f"{HERE}/endpoints/{endpoint.id}"):
        page = (await admin_client.get(path)).text
        assert secret not in page
        assert "The accounts" in page


async def test_an_endpoint_that_could_not_be_called_is_not_added(
    admin_client: Browser, database: Database
) -> None:
    answer = await admin_client.submit(
        f"{HERE}/endpoints", {"name": "Inside", "url": "https://10.0.0.1/hook", "which": "all"}
    )
    assert answer.status_code == 422
    assert "That address lies within a private network." in answer.text
    assert 'value="https://10.0.0.1/hook"' in answer.text
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Endpoint)) == 0


async def test_an_endpoint_is_changed_disabled_enabled_rotated_and_removed(
    admin_client: Browser, database: Database
) -> None:
    endpoint = await endpoint_in(database)
    here = f"{HERE}/endpoints/{endpoint.id}"
    answer = await admin_client.submit(here, {"name": "The ledger", "url": URL + "/2", "which": "all"})
    assert (answer.status_code, answer.headers["location"]) == (303, here)
    answer = await admin_client.submit(here, {"name": "", "url": "http://x.test/", "which": "some"})
    assert answer.status_code == 422
    answer = await admin_client.submit(f"{here}/disable")
    assert answer.status_code == 303
    page = (await admin_client.get(here)).text
    assert "Switched off by Olga." in page
    assert f"{here}/test" not in page
    async with database.transaction() as session:
        kept = await endpoints.get(session, endpoint.id)
    assert (kept.name, kept.url, kept.kinds, kept.disabled_reason) == (
        "The ledger",
        URL + "/2",
        ["*"],
        "Switched off by Olga.",
    )
    await admin_client.submit(f"{here}/enable")
    answer = await admin_client.submit(f"{here}/rotate")
    secret = shown(await onward(admin_client, answer), "issued-secret")
    async with database.transaction() as session:
        rotated = await endpoints.get(session, endpoint.id)
    assert (rotated.disabled_at, rotated.old_secret) == (None, kept.secret)
    assert secret == endpoints.shown_secret(rotated.secret)
    answer = await admin_client.submit(f"{here}/remove")
    assert (answer.status_code, answer.headers["location"]) == (303, HERE)
    assert (await admin_client.get(here)).status_code == 404


async def test_a_test_event_is_promised(admin_client: Browser, database: Database) -> None:
    endpoint = await endpoint_in(database)
    here = f"{HERE}/endpoints/{endpoint.id}"
    assert (await admin_client.submit(f"{here}/test")).status_code == 303
    async with database.transaction() as session:
        delivery = (await session.scalars(select(EndpointDelivery))).one()
    assert await promised(database) == [(delivery.id, 1)]
    page = (await admin_client.get(here)).text
    assert "webhook.test" in page
    # Nobody called yet: the log looks again by itself.
    assert f'hx-get="{here}/log"' in page
    assert f"delivery-{delivery.id}" in (await admin_client.get(f"{here}/log")).text


async def test_the_log_shows_status_time_and_answer_and_never_the_answers_markup(
    admin_client: Browser, database: Database
) -> None:
    endpoint = await endpoint_in(database, failing_since=now())
    delivery = await delivery_in(database, endpoint, tries=1, last_status=500)
    async with database.transaction() as session:
        session.add(
            EndpointAttempt(
                delivery_id=delivery.id, at=now(), status=500, answer="<b>broken</b>", error=None, ms=1234
            )
        )
    page = (await admin_client.get(f"{HERE}/endpoints/{endpoint.id}")).text
    assert "&lt;b&gt;broken&lt;/b&gt;" in page
    assert "<b>broken" not in page
    assert "1234 ms" in page
    assert str(delivery.id) in page
    assert "Its calls fail" in page


async def test_one_delivery_or_all_that_did_not_arrive_are_replayed(
    admin_client: Browser, database: Database
) -> None:
    endpoint = await endpoint_in(database)
    here = f"{HERE}/endpoints/{endpoint.id}"
    arrived = await delivery_in(database, endpoint, state="delivered")
    failed = await delivery_in(database, endpoint, state="failed")
    await delivery_in(database, endpoint, state="failed", created_at=now().replace(year=now().year - 1))
    assert (await admin_client.submit(f"{here}/replay", {"hours": "24"})).status_code == 303
    assert await promised(database) == [(failed.id, 2)]
    assert (await admin_client.submit(f"{here}/deliveries/{arrived.id}/replay")).status_code == 303
    assert await promised(database) == [(failed.id, 2), (arrived.id, 2)]
    await admin_client.submit(f"{here}/replay", {"hours": "0"})
    assert len(await promised(database)) == 2 + 3


async def test_a_delivery_of_another_endpoint_is_not_found(admin_client: Browser, database: Database) -> None:
    endpoint, other = await endpoint_in(database), await endpoint_in(database)
    delivery = await delivery_in(database, endpoint, state="failed")
    for path in (
        f"{HERE}/endpoints/{other.id}/deliveries/{delivery.id}/replay",
        f"{HERE}/endpoints/{uuid4()}/deliveries/{delivery.id}/replay",
        f"{HERE}/endpoints/{uuid4()}/test",
        f"{HERE}/tokens/{uuid4()}/revoke",
    ):
        assert (await admin_client.submit(path)).status_code == 404
    assert await promised(database) == []
