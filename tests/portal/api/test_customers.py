from uuid import uuid4

import pytest
from sqlalchemy import select

from core.database import Database
from customers import identities
from customers.models import ConsentRecord, TimelineEntry
from tests.portal.api.conftest import Program


async def _lena(program: Program) -> str:
    writer = await program("customers:write")
    answer = await writer.post(
        "/api/v1/customers",
        json={"email": "Lena@Post.test", "name": "Lena Hoffmann", "phone": "030 23125000", "locale": "de"},
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_new_customer_is_a_claim_until_they_prove_it(program: Program) -> None:
    lena = await _lena(program)
    reader = await program("customers:read")
    shown = (await reader.get(f"/api/v1/customers/{lena}", params={"expand": "identities,traits"})).json()
    assert (shown["name"], shown["locale"], shown["source"]) == ("Lena Hoffmann", "de", "api")
    assert sorted((kept["kind"], kept["value"], kept["verified_at"]) for kept in shown["identities"]) == [
        ("email", "lena@post.test", None),
        ("phone", "+493023125000", None),
    ]
    assert shown["traits"] is None
    plain = (await reader.get(f"/api/v1/customers/{lena}")).json()
    assert "identities" not in plain


async def test_customers_are_found_by_their_address_or_number(program: Program) -> None:
    lena = await _lena(program)
    reader = await program("customers:read")
    for question in ({"email": "LENA@post.test"}, {"phone": "+49 30 23125000"}):
        found = (await reader.get("/api/v1/customers", params=question)).json()
        assert [one["id"] for one in found["data"]] == [lena]
    found = (await reader.get("/api/v1/customers", params={"email": "otto@post.test"})).json()
    assert found == {"data": [], "next_cursor": None}


async def test_a_proven_address_is_not_taken_over(program: Program, database: Database) -> None:
    contact = identities.email("lena@post.test")
    async with database.transaction() as session:
        owner = await identities.verify(session, contact, by="link")
    assert await _lena(program) != str(owner)


async def test_what_is_left_out_of_a_change_stays(program: Program) -> None:
    lena = await _lena(program)
    both = await program()
    answer = await both.patch(f"/api/v1/customers/{lena}", json={"company": "Werkstatt Lang"})
    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["company"]) == ("Lena Hoffmann", "Werkstatt Lang")


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        ({"name": "x" * 201}, "name"),
        ({"locale": "fr"}, "locale"),
        ({"unknown": 1}, ""),
        ({"name": None}, "name"),
    ],
)
async def test_a_wrong_body_is_told_what_is_wrong(
    program: Program, sent: dict[str, object], where: str
) -> None:
    lena = await _lena(program)
    answer = await (await program()).patch(f"/api/v1/customers/{lena}", json=sent)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert where in str(answer.json().get("errors", ""))


async def test_consent_given_elsewhere_is_a_line_in_the_ledger(program: Program, database: Database) -> None:
    lena = await _lena(program)
    both = await program()
    said = {"channel": "email", "granted": True, "source": "trade fair", "wording": "Send me news."}
    answer = await both.post(f"/api/v1/customers/{lena}/consent", json=said)
    assert answer.status_code == 201
    assert {**said, "topic": "news", "actor": "api:A program", "address": ""}.items() <= answer.json().items()
    listed = (await both.get(f"/api/v1/customers/{lena}/consent")).json()["data"]
    assert listed == [answer.json()]
    async with database.transaction() as session:
        assert len((await session.scalars(select(ConsentRecord))).all()) == 1
        assert (await session.scalars(select(TimelineEntry.kind))).all() == ["consent.granted"]


async def test_nobody_is_not_found(program: Program) -> None:
    both = await program()
    nobody = f"/api/v1/customers/{uuid4()}"
    for method, path, body in (
        ("GET", nobody, None),
        ("PATCH", nobody, {"name": "Nobody"}),
        ("GET", f"{nobody}/identities", None),
        ("POST", f"{nobody}/identities", {"kind": "email", "value": "n@post.test"}),
        ("GET", f"{nobody}/consent", None),
        ("POST", f"{nobody}/consent", {"channel": "sms", "granted": True, "source": "fair"}),
        ("GET", f"{nobody}/timeline", None),
        ("POST", f"{nobody}/timeline", {"kind": "custom.a.b", "source_key": "1", "title": "A"}),
    ):
        answer = await both.request(method, path, json=body)
        assert (answer.status_code, answer.json()["detail"]) == (404, "That customer does not exist."), path


async def test_a_happening_of_ones_own_stands_on_the_line_once(program: Program) -> None:
    lena = await _lena(program)
    both = await program()
    said = {
        "kind": "custom.machine.serviced",
        "source_key": "report-1",
        "title": "Kvern serviced",
        "facts": {"hours": 2, "technician": "Nora"},
        "occurred_at": "2026-03-01T10:00:00Z",
    }
    first = await both.post(f"/api/v1/customers/{lena}/timeline", json=said)
    again = await both.post(f"/api/v1/customers/{lena}/timeline", json=said)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    listed = (
        await both.get(f"/api/v1/customers/{lena}/timeline", params={"kinds": "custom.machine.serviced"})
    ).json()
    assert listed["data"] == [first.json()]
    assert listed["data"][0]["payload"] == {
        "title": "Kvern serviced",
        "facts": {"hours": 2, "technician": "Nora"},
    }


@pytest.mark.parametrize("kind", ["order.placed", "custom", "custom.", "custom.Machine.serviced", "custom.a"])
async def test_nobody_speaks_for_our_own_kinds(program: Program, database: Database, kind: str) -> None:
    lena = await _lena(program)
    answer = await (await program()).post(
        f"/api/v1/customers/{lena}/timeline", json={"kind": kind, "source_key": "1", "title": "A"}
    )
    assert answer.status_code == 400
    async with database.transaction() as session:
        assert (await session.scalars(select(TimelineEntry))).all() == []
