"""Webhook endpoints over the API, and what they are told being what the API shows."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from litestar import Litestar
from redis.asyncio import Redis
from sqlalchemy import func, select, update

from channels import calls, endpoints
from channels.adapters import webhook
from channels.endpoints import Endpoint, EndpointAttempt, EndpointDelivery
from channels.jobs import CallEndpoint
from core.clock import now
from core.database import Database
from core.jobs import JobRow, decode
from core.leases import lease
from core.settings import Settings
from customers import identities
from tests.channels.receiver import receiving
from tests.docs.pages import FENCE, ROOT
from tests.portal.api.conftest import Program
from workers import runner
from workers.handlers import load
from workers.resources import Resources

HERE = "/api/v1/webhook-endpoints"
URL = "https://accounts.example.com/hook"
BODY = {"name": "The accounts", "url": URL, "kinds": ["order.placed", "custom.machine.serviced"]}


@pytest.fixture
async def caller(program: Program) -> AsyncClient:
    return await program()


async def created(caller: AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await caller.post(HERE, json={**BODY, **changes})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def deliver(database: Database, endpoint_id: str, **facts: Any) -> str:
    """A delivery as it stands after some calls, without its job."""
    async with database.transaction() as session:
        delivery = await calls.send_test(session, UUID(endpoint_id))
        await session.execute(
            update(EndpointDelivery).where(EndpointDelivery.id == delivery.id).values(**facts)
        )
        await session.execute(JobRow.__table__.delete())  # type: ignore[attr-defined]  # the library declares less than it has
    return str(delivery.id)


async def promised(database: Database) -> list[tuple[str, int]]:
    async with database.transaction() as session:
        jobs = [
            decode(row.tag, row.payload) for row in await session.scalars(select(JobRow).order_by(JobRow.id))
        ]
    return [(str(job.delivery_id), job.round) for job in jobs if isinstance(job, CallEndpoint)]


async def test_an_endpoint_is_created_and_its_secret_shown_once(
    caller: AsyncClient, database: Database
) -> None:
    made = await created(caller)
    secret = made.pop("secret")
    async with database.transaction() as session:
        kept = (await session.scalars(select(Endpoint))).one()
    assert secret == endpoints.shown_secret(kept.secret)
    assert made == {
        "id": str(kept.id),
        "name": "The accounts",
        "url": URL,
        "kinds": ["custom.machine.serviced", "order.placed"],
        "created_at": made["created_at"],
        "failing_since": None,
        "disabled_at": None,
        "disabled_reason": None,
    }
    assert (await caller.get(f"{HERE}/{kept.id}")).json() == made
    assert (await caller.get(HERE)).json() == {"data": [made], "next_cursor": None}


async def test_created_twice_with_one_key_is_created_once(caller: AsyncClient, database: Database) -> None:
    headers = {"idempotency-key": "the-accounts"}
    first, second = [await caller.post(HERE, json=BODY, headers=headers) for _ in range(2)]
    assert first.json() == second.json()
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Endpoint)) == 1


@pytest.mark.parametrize(
    ("changes", "status", "pointer"),
    [
        ({"url": "https://10.0.0.1/hook"}, 422, "/url"),
        ({"url": "https://[::ffff:10.0.0.1]/hook"}, 422, "/url"),
        ({"url": "http://accounts.example.com/"}, 422, "/url"),
        ({"kinds": ["order.plaaced"]}, 422, "/kinds"),
        ({"name": "   "}, 400, None),
        ({"kinds": []}, 400, None),
        ({"url": "accounts"}, 400, None),
        ({"secret": "whsec_mine"}, 400, None),
    ],
)
async def test_what_could_not_be_called_is_refused(
    caller: AsyncClient, database: Database, changes: dict[str, Any], status: int, pointer: str | None
) -> None:
    answer = await caller.post(HERE, json={**BODY, **changes})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    if pointer:
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Endpoint)) == 0


async def test_an_endpoint_is_changed_switched_off_and_on(caller: AsyncClient) -> None:
    made = await created(caller)
    here = f"{HERE}/{made['id']}"
    changed = await caller.patch(here, json={"kinds": ["*"], "enabled": False})
    assert changed.status_code == 200
    assert (changed.json()["kinds"], changed.json()["url"]) == (["*"], URL)
    assert changed.json()["disabled_at"] is not None
    assert changed.json()["disabled_reason"] == "Switched off over the API by “A program”."
    assert (await caller.post(f"{here}/test")).status_code == 409
    assert (await caller.post(f"{here}/deliveries/replay", json={})).status_code == 409
    changed = await caller.patch(here, json={"enabled": True})
    assert (changed.json()["disabled_at"], changed.json()["disabled_reason"]) == (None, None)
    assert changed.json()["kinds"] == ["*"]


async def test_a_change_from_an_old_version_is_refused(caller: AsyncClient) -> None:
    made = await created(caller)
    here = f"{HERE}/{made['id']}"
    tag = (await caller.get(here)).headers["etag"]
    assert (await caller.patch(here, json={"name": "One"}, headers={"if-match": tag})).status_code == 200
    assert (await caller.patch(here, json={"name": "Two"}, headers={"if-match": tag})).status_code == 412
    assert (await caller.get(here)).json()["name"] == "One"


async def test_a_rotation_gives_a_new_secret(caller: AsyncClient, database: Database) -> None:
    made = await created(caller)
    rotated = (await caller.post(f"{HERE}/{made['id']}/rotate")).json()
    assert rotated["secret"] != made["secret"]
    async with database.transaction() as session:
        kept = (await session.scalars(select(Endpoint))).one()
    assert [endpoints.shown_secret(secret) for secret in endpoints.signing(kept, now())] == [
        rotated["secret"],
        made["secret"],
    ]


async def test_a_deleted_endpoint_is_gone(caller: AsyncClient) -> None:
    made = await created(caller)
    assert (await caller.delete(f"{HERE}/{made['id']}")).status_code == 204
    assert (await caller.get(f"{HERE}/{made['id']}")).status_code == 404
    assert (await caller.delete(f"{HERE}/{made['id']}")).status_code == 404


async def test_the_log_comes_in_pages_by_state_and_with_every_attempt(
    caller: AsyncClient, database: Database
) -> None:
    made = await created(caller)
    here = f"{HERE}/{made['id']}/deliveries"
    arrived = await deliver(database, made["id"], state="delivered", tries=1, last_status=204)
    failed = await deliver(database, made["id"], state="failed", tries=2, last_status=500)
    async with database.transaction() as session:
        for number in (1, 2):
            session.add(
                EndpointAttempt(
                    delivery_id=UUID(failed), at=now(), status=500, answer="no", error=None, ms=number
                )
            )
    first = (await caller.get(here, params={"limit": 1})).json()
    second = (await caller.get(here, params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert [page["data"][0]["id"] for page in (first, second)] == [failed, arrived]
    assert second["next_cursor"] is None
    [only] = (await caller.get(here, params={"state": "delivered"})).json()["data"]
    assert (only["id"], only["kind"], only["state"], only["last_status"]) == (
        arrived,
        "webhook.test",
        "delivered",
        204,
    )
    assert "attempts" not in only
    whole = (await caller.get(f"{here}/{failed}")).json()
    assert [(each["status"], each["answer"], each["ms"]) for each in whole["attempts"]] == [
        (500, "no", 1),
        (500, "no", 2),
    ]
    assert (await caller.get(here, params={"state": "sending"})).status_code == 400


async def test_one_or_all_that_did_not_arrive_are_replayed(caller: AsyncClient, database: Database) -> None:
    made = await created(caller)
    here = f"{HERE}/{made['id']}/deliveries"
    arrived = await deliver(database, made["id"], state="delivered")
    failed = await deliver(database, made["id"], state="failed")
    answer = await caller.post(f"{here}/replay", json={"since": "2020-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()) == (201, {"replayed": 1})
    assert await promised(database) == [(failed, 2)]
    answer = await caller.post(f"{here}/replay", json={"since": "2999-01-01T00:00:00Z"})
    assert answer.json() == {"replayed": 0}
    headers = {"idempotency-key": "again"}
    for _time in range(2):
        answer = await caller.post(f"{here}/{arrived}/replay", headers=headers)
        assert (answer.status_code, answer.json()["state"]) == (201, "waiting")
    assert await promised(database) == [(failed, 2), (arrived, 2)]


async def test_ids_of_another_endpoint_are_not_found(caller: AsyncClient, database: Database) -> None:
    made, other = await created(caller), await created(caller)
    delivery = await deliver(database, made["id"], state="failed")
    for endpoint_id in (other["id"], uuid4()):
        here = f"{HERE}/{endpoint_id}/deliveries/{delivery}"
        assert (await caller.get(here)).status_code == 404
        assert (await caller.post(f"{here}/replay")).status_code == 404
    for path in ("", "/deliveries"):
        assert (await caller.get(f"{HERE}/{uuid4()}{path}")).status_code == 404
    for path in ("/rotate", "/test"):
        assert (await caller.post(f"{HERE}/{uuid4()}{path}")).status_code == 404
    assert await promised(database) == []


async def test_scopes_part_reading_from_writing(
    caller: AsyncClient, program: Program, database: Database
) -> None:
    made = await created(caller)
    delivery = await deliver(database, made["id"], state="failed")
    here = f"{HERE}/{made['id']}"
    reads = [
        ("GET", HERE),
        ("GET", here),
        ("GET", f"{here}/deliveries"),
        ("GET", f"{here}/deliveries/{delivery}"),
    ]
    writes = [
        ("POST", HERE), ("PATCH", here), ("DELETE", here), ("POST", f"{here}/rotate"), ("POST", f"{here}/test"),
        ("POST", f"{here}/deliveries/replay"), ("POST", f"{here}/deliveries/{delivery}/replay"),
    ]  # fmt: skip
    reader, stranger = await program("webhooks:read"), await program("timeline:read", "customers:write")
    for method, path in [*reads, *writes]:
        body: dict[str, Any] | None = {} if method in {"POST", "PATCH"} else None
        assert (await stranger.request(method, path, json=body)).status_code == 403, path
    for method, path in reads:
        assert (await reader.request(method, path)).status_code == 200, path
    for method, path in writes:
        answer = await reader.request(method, path, json={} if method != "DELETE" else None)
        assert answer.status_code == 403, path
        assert answer.json()["detail"] == "This token lacks the scope webhooks:write."
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Endpoint)) == 1
    assert await promised(database) == []


async def test_what_is_told_is_what_the_timeline_shows(
    caller: AsyncClient, app: Litestar, database: Database, settings: Settings
) -> None:
    load()
    # The API's own settings refuse loopback, as in production; the worker's allow it for this receiver.
    resources = Resources(settings.model_copy(update={"webhooks_to_private": True}), Redis())
    async with receiving() as receiver:
        async with database.transaction() as session:
            _endpoint, secret = await endpoints.add(session, "Mine", receiver.url, ["*"], private=True)
            customer_id = await identities.verify(session, identities.email("ann@example.test"), by="link")
        answer = await caller.post(
            f"/api/v1/customers/{customer_id}/timeline",
            json={
                "kind": "custom.machine.serviced",
                "source_key": "report-1",
                "title": "Kvern serviced",
                "facts": {"parts": 2, "price": 12.5, "ok": True, "note": None, "words": "größer"},
                "occurred_at": "2026-11-20T10:00:00.123456+01:00",
            },
        )
        assert answer.status_code == 201
        for _step in range(2):  # announced, then told
            async with database.transaction() as session:
                leases = [
                    *await lease(session, "default", 100),
                    *await lease(session, "calls", 100),
                ]
            for each in leases:
                await runner.run(database, resources, each)
        [said] = receiver.verified(secret)
    await resources.close()
    [shown] = (await caller.get(f"/api/v1/customers/{customer_id}/timeline")).json()["data"]
    assert said == {
        "type": "custom.machine.serviced",
        "timestamp": shown["occurred_at"],
        "data": shown,
    }
    assert json.loads(receiver.calls[0][1])["data"]["id"] == shown["id"]


def test_the_receiver_in_the_documentation_takes_what_is_signed_and_nothing_else() -> None:
    page = (ROOT / "docs/developers.md").read_text()
    [example] = [block for kind, block in FENCE.findall(page) if kind == "python" and "def receive(" in block]
    there: dict[str, Any] = {}
    exec(example, there)
    call = calls.Call(
        uuid4(),
        uuid4(),
        URL,
        [b"s" * 32],
        b'{"type":"a.b","timestamp":"2026-11-20T09:00:00Z","data":{"customer_id":"1"}}',
        False,
    )
    secret, headers, seen = endpoints.shown_secret(b"s" * 32), webhook.headers(call, now()), set[str]()
    assert there["receive"](secret, headers, call.body, seen) == 204
    assert seen == {str(call.delivery_id)}
    assert there["receive"](secret, headers, call.body, seen) == 204
    assert there["receive"](secret, headers, call.body + b" ", seen) == 401
    assert there["receive"](endpoints.shown_secret(b"t" * 32), headers, call.body, seen) == 401
