from sqlalchemy import select

from campaigns.leads import Lead
from campaigns.models import Broadcast, BroadcastState
from core.database import Database
from customers.models import TimelineEntry
from tests.campaigns import staging
from tests.portal.api.conftest import Program

REGULARS = {"type": "trait", "trait": "orders", "compare": "at_least", "value": 3}
EVERYONE = {"type": "all", "conditions": []}


async def test_a_segment_is_kept_counted_and_forgotten(program: Program, database: Database) -> None:
    async with database.transaction() as session:
        people = await staging.audience(session, 3)
    both = await program()
    made = (await both.post("/api/v1/segments", json={"name": "Regulars", "definition": REGULARS})).json()
    path = f"/api/v1/segments/{made['id']}"
    assert (await both.get(f"{path}/size")).json() == {"number": 0, "exact": True}
    await both.patch(path, json={"name": "All", "definition": EVERYONE})
    assert (await both.get(f"{path}/size")).json() == {"number": 3, "exact": True}
    first = (await both.get(f"{path}/members", params={"limit": 2})).json()
    asked = {"limit": 2, "cursor": first["next_cursor"]}
    rest = (await both.get(f"{path}/members", params=asked)).json()
    assert [*first["data"], *rest["data"]] == sorted(str(one) for one in people)
    assert rest["next_cursor"] is None
    assert (await both.get(f"{path}/members", params={"cursor": "W10"})).status_code == 422
    assert (await both.delete(path, headers={"if-match": '"old"'})).status_code == 412
    assert (await both.delete(path)).status_code == 204
    assert (await both.get(path)).status_code == 404


async def test_conditions_that_mean_nothing_are_refused(program: Program) -> None:
    both = await program()
    for definition in ({}, {"type": "sql", "query": "DROP TABLE customer"}, {"type": "trait"}):
        answer = await both.post("/api/v1/segments", json={"name": "Odd", "definition": definition})
        assert answer.status_code == 400, definition
        assert answer.json()["errors"][0]["pointer"].startswith("/definition")
    assert (await both.get("/api/v1/segments")).json()["data"] == []


async def test_a_campaign_is_written_launched_and_counted(program: Program, database: Database) -> None:
    async with database.transaction() as session:
        await staging.audience(session, 2)
    both = await program()
    segment = (await both.post("/api/v1/segments", json={"name": "All", "definition": EVERYONE})).json()
    draft = (await both.post("/api/v1/campaigns", json={"name": "Winter", "channel": "email"})).json()
    path = f"/api/v1/campaigns/{draft['id']}"
    said = {
        "version": 1,
        "segment_id": segment["id"],
        "subject": "Winter",
        "body": "Hello {{ customer.name }}",
    }
    written = (await both.patch(path, json=said)).json()
    assert (written["version"], written["state"]) == (2, "draft")
    assert (await both.patch(path, json=said)).status_code == 409
    assert (await both.post(f"{path}/launch", json={"version": 1})).status_code == 409
    launched = await both.post(f"{path}/launch", json={"version": 2})
    assert (launched.status_code, launched.json()["state"]) == (201, "preparing")
    figures = (await both.get(f"{path}/figures")).json()
    parts = ("open", "sent", "failed", "suppressed", "held", "unknown")
    assert figures["audience"] == sum(figures[part] for part in parts)
    assert (await both.get(f"{path}/recipients")).json() == {"data": [], "next_cursor": None}
    assert (await both.post(f"{path}/cancel")).json()["state"] == "cancelled"
    for state, number in (("cancelled", 1), ("draft", 0)):
        assert len((await both.get("/api/v1/campaigns", params={"state": state})).json()["data"]) == number
    assert (await both.post(f"{path}/explode")).status_code == 400


async def test_a_campaign_to_nobody_is_not_launched(program: Program, database: Database) -> None:
    both = await program()
    segment = (await both.post("/api/v1/segments", json={"name": "All", "definition": EVERYONE})).json()
    draft = (await both.post("/api/v1/campaigns", json={"name": "Winter", "channel": "email"})).json()
    path = f"/api/v1/campaigns/{draft['id']}"
    await both.patch(path, json={"version": 1, "segment_id": segment["id"], "subject": "W", "body": "Hello"})
    assert (await both.post(f"{path}/launch", json={"version": 2})).status_code == 422
    async with database.transaction() as session:
        assert (await session.scalars(select(Broadcast.state))).all() == [BroadcastState.DRAFT]


async def test_a_lead_stands_on_the_timeline_of_whoever_it_is(program: Program, database: Database) -> None:
    writer = await program("leads:write")
    lead = {
        "email": "lena@post.test",
        "name": "Lena",
        "source": "Office form",
        "interest": "Office machines",
        "message": "For twelve people?",
        "origin": {"utm_source": "newsletter"},
    }
    headers = {"idempotency-key": "form-1"}
    first, second = [await writer.post("/api/v1/leads", json=lead, headers=headers) for _ in range(2)]
    assert (first.status_code, second.json()) == (201, first.json())
    async with database.transaction() as session:
        kept = (await session.scalars(select(Lead))).one()
        entry = (await session.scalars(select(TimelineEntry))).one()
    assert (str(kept.customer_id), kept.origin) == (first.json()["customer_id"], {"utm_source": "newsletter"})
    assert (entry.kind, entry.customer_id, entry.payload["source"]) == (
        "lead.captured",
        kept.customer_id,
        "Office form",
    )
