from uuid import uuid4

from sqlalchemy import select

from channels.models import Message
from core.database import Database
from support.models import Ticket
from tests.portal.api.conftest import Program
from tests.support import talk

WATER = {"subject": "Water under the machine", "text": "After every brewing."}


async def _asked(program: Program, database: Database) -> tuple[str, str]:
    """A customer and their ticket, opened by a program; ids."""
    async with database.transaction() as session:
        ana = await talk.customer(session)
        await talk.agent(session)
    answer = await (await program()).post("/api/v1/tickets", json={"customer_id": str(ana), **WATER})
    assert answer.status_code == 201, answer.text
    return str(ana), str(answer.json()["id"])


async def test_a_program_opens_a_ticket_that_a_person_waits_in(program: Program, database: Database) -> None:
    ana, ticket = await _asked(program, database)
    both = await program()
    shown = (await both.get(f"/api/v1/tickets/{ticket}")).json()
    assert (shown["status"], shown["subject"], shown["customer_id"]) == ("new", WATER["subject"], ana)
    assert shown["waiting_since"] is not None
    listed = (await both.get("/api/v1/tickets", params={"customer_id": ana, "status": "new"})).json()
    assert listed == {"data": [shown], "next_cursor": None}
    assert (await both.get("/api/v1/tickets", params={"status": "solved"})).json()["data"] == []
    said = (await both.get(f"/api/v1/conversations/{shown['conversation_id']}/messages")).json()["data"]
    assert [(one["text"], one["direction"], one["seq"]) for one in said] == [(WATER["text"], "inbound", 1)]


async def test_a_ticket_is_assigned_solved_and_opened_again(program: Program, database: Database) -> None:
    _ana, ticket = await _asked(program, database)
    both = await program()
    path = f"/api/v1/tickets/{ticket}"
    taken = (await both.patch(path, json={"assignee": "Mira@halden.test", "priority": "high"})).json()
    assert (taken["assignee_id"] is not None, taken["priority"]) == (True, "high")
    assert (await both.patch(path, json={"assignee": None})).json()["assignee_id"] is None
    assert (await both.patch(path, json={"status": "solved"})).json()["status"] == "solved"
    again = (await both.patch(path, json={"status": "open"})).json()
    assert (again["status"], again["cycle"]) == ("open", 2)


async def test_only_an_agent_is_given_a_ticket(program: Program, database: Database) -> None:
    _ana, ticket = await _asked(program, database)
    answer = await (await program()).patch(f"/api/v1/tickets/{ticket}", json={"assignee": "x@halden.test"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/assignee")
    async with database.transaction() as session:
        assert (await session.scalars(select(Ticket.assignee_id))).all() == [None]


async def test_a_reply_stands_in_the_thread_in_an_agents_name(program: Program, database: Database) -> None:
    ana, ticket = await _asked(program, database)
    both = await program()
    thread = (await both.get(f"/api/v1/tickets/{ticket}")).json()["conversation_id"]
    reply = {"text": "A seal. It leaves today.", "channel": "email", "author": "mira@halden.test"}
    path = f"/api/v1/conversations/{thread}/replies"
    stale = await both.post(path, json={**reply, "last_seen_seq": 0})
    assert (stale.status_code, stale.json()["title"]) == (409, "Conflict")
    answer = await both.post(path, json={**reply, "last_seen_seq": 1})
    assert answer.status_code == 201, answer.text
    assert (answer.json()["author"], answer.json()["recipients"]["to"]) == ("staff", ["ana@example.com"])
    shown = (await both.get(f"/api/v1/tickets/{ticket}")).json()
    assert (shown["status"], shown["waiting_since"]) == ("open", None)
    listed = (await both.get("/api/v1/conversations", params={"customer_id": ana})).json()["data"]
    assert [(one["id"], one["last_seq"]) for one in listed] == [(thread, 2)]


async def test_what_does_not_exist_is_not_found(program: Program, database: Database) -> None:
    both = await program()
    async with database.transaction() as session:
        await talk.agent(session)
    reply = {"text": "Hello", "channel": "email", "author": "mira@halden.test", "last_seen_seq": 1}
    for method, path, body in (
        ("GET", f"/api/v1/tickets/{uuid4()}", None),
        ("PATCH", f"/api/v1/tickets/{uuid4()}", {"status": "solved"}),
        ("POST", "/api/v1/tickets", {"customer_id": str(uuid4()), **WATER}),
        ("GET", f"/api/v1/conversations/{uuid4()}", None),
        ("GET", f"/api/v1/conversations/{uuid4()}/messages", None),
        ("POST", f"/api/v1/conversations/{uuid4()}/replies", reply),
    ):
        assert (await both.request(method, path, json=body)).status_code == 404, path


async def test_a_transactional_message_is_queued_to_the_customers_own_address(
    program: Program, database: Database
) -> None:
    async with database.transaction() as session:
        ana = await talk.customer(session)
    writer = await program("messages:write")
    sent = {"customer_id": str(ana), "channel": "email", "subject": "Your repair", "text": "It is ready."}
    headers = {"idempotency-key": "repair-1"}
    first, second = [await writer.post("/api/v1/messages", json=sent, headers=headers) for _ in range(2)]
    assert (first.status_code, second.json()) == (202, first.json())
    shown = (await writer.get(f"/api/v1/messages/{first.json()['id']}")).json()
    assert (shown["status"], shown["recipients"]["to"]) == ("queued", ["ana@example.com"])
    async with database.transaction() as session:
        assert len((await session.scalars(select(Message))).all()) == 1


async def test_a_message_that_reaches_nobody_is_refused(program: Program, database: Database) -> None:
    async with database.transaction() as session:
        ana = await talk.customer(session)
    writer = await program("messages:write")
    for sent, field in (
        ({"channel": "sms", "text": "Ready."}, "/channel"),
        ({"channel": "email", "text": "Ready."}, "/subject"),
    ):
        answer = await writer.post("/api/v1/messages", json={"customer_id": str(ana), **sent})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, field)
    async with database.transaction() as session:
        assert (await session.scalars(select(Message))).all() == []
