import re
from uuid import uuid4

import pytest
from litestar import Litestar
from sqlalchemy import select

from core.database import Database
from customers.models import Customer
from portal import access, tokens
from portal.models import ApiToken
from tests.portal.api.conftest import Program
from tests.portal.conftest import Browser


async def test_without_a_token_nothing_is_said(client: Browser) -> None:
    for headers in ({}, {"authorization": "Bearer tl_made-up"}, {"authorization": "Basic dGw6"}):
        answer = await client.get("/api/v1/customers", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["title"] == "Unauthorized"


async def test_a_colleagues_cookie_opens_no_api(agent_client: Browser) -> None:
    assert (await agent_client.get("/api/v1/customers")).status_code == 401


async def test_a_token_opens_only_what_its_scopes_say(program: Program, database: Database) -> None:
    reader = await program("customers:read")
    assert (await reader.get("/api/v1/customers")).status_code == 200
    answer = await reader.post("/api/v1/customers", json={"email": "lena@post.test"})
    assert (answer.status_code, answer.json()["detail"]) == (
        403,
        "This token lacks the scope customers:write.",
    )
    async with database.transaction() as session:
        assert (await session.scalars(select(Customer))).all() == []


async def test_a_revoked_token_opens_nothing(program: Program, database: Database) -> None:
    reader = await program("customers:read")
    async with database.transaction() as session:
        await tokens.revoke(session, (await tokens.listed(session))[0].id)
    assert (await reader.get("/api/v1/customers")).status_code == 401


async def test_the_secret_is_nowhere_in_the_database(program: Program, database: Database) -> None:
    reader = await program("customers:read")
    secret = reader.headers["authorization"].removeprefix("Bearer ")
    await reader.get("/api/v1/customers")
    async with database.transaction() as session:
        token = (await session.scalars(select(ApiToken))).one()
    assert secret.startswith(token.beginning)
    assert len(token.beginning) == 9
    assert secret.encode() not in token.token_hash
    assert token.last_used_at is not None


async def test_every_answer_says_how_much_is_left(program: Program) -> None:
    reader = await program("customers:read")
    first, second = [await reader.get("/api/v1/customers") for _ in range(2)]
    assert first.headers["ratelimit-limit"] == second.headers["ratelimit-limit"] == "600"
    assert int(first.headers["ratelimit-remaining"]) - 1 == int(second.headers["ratelimit-remaining"])
    assert 0 < int(second.headers["ratelimit-reset"]) <= 60


async def test_too_many_calls_are_told_to_wait(program: Program, app: Litestar) -> None:
    app.state.api_rate = "2/minute"
    reader = await program("customers:read")
    answers = [await reader.get("/api/v1/customers") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[2].headers["retry-after"]) <= 60
    assert answers[2].json()["title"] == "Too Many Requests"


async def test_guessing_tokens_is_limited(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "GUESSES", "5/minute")
    statuses = set()
    for number in range(6):
        answer = await client.get("/api/v1/customers", headers={"authorization": f"Bearer tl_{number}"})
        statuses.add(answer.status_code)
    assert statuses == {401, 429}


async def test_an_address_that_leads_nowhere_is_a_problem_document(program: Program) -> None:
    answer = await (await program()).get("/api/v1/nonsense")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_what_cannot_be_done_at_an_address_is_told_what_can(program: Program) -> None:
    answer = await (await program()).put("/api/v1/customers", json={})
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
    assert {one.strip() for one in answer.headers["allow"].split(",")} == {"GET", "POST", "OPTIONS"}
    answer = await (await program()).options("/api/v1/customers")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, OPTIONS, POST")


async def test_every_operation_asks_for_a_token_and_for_its_scope(program: Program, client: Browser) -> None:
    described = (await client.get("/api/openapi.json")).json()
    outsider = await program("leads:write")
    for path, operations in described["paths"].items():
        address = re.sub(r"\{(\w+)\}", lambda found: "BAG" if found[1] == "code" else str(uuid4()), path)
        address = address if "{move}" not in path else f"{address.rpartition('/')[0]}/pause"
        for method, one in operations.items():
            assert (await client.request(method, address)).status_code == 401, one["operationId"]
            if one["security"] != [{"token": ["leads:write"]}]:
                assert (await outsider.request(method, address)).status_code == 403, one["operationId"]
