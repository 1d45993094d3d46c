import asyncio
from uuid import UUID

import pytest
from sqlalchemy import func, select

from core.database import Database
from customers.models import Customer
from portal.models import ApiAnswer
from tests.portal.api.conftest import Program

LENA = {"email": "lena@post.test", "name": "Lena Hoffmann"}


async def count_customers(database: Database) -> int:
    async with database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(Customer)) or 0


async def test_a_post_with_a_key_is_done_once_also_at_the_same_moment(
    program: Program, database: Database
) -> None:
    writer = await program("customers:write")
    headers = {"idempotency-key": "signup-4711"}
    sent = [writer.post("/api/v1/customers", json=LENA, headers=headers) for _ in range(10)]
    answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 9
    assert await count_customers(database) == 1


async def test_a_key_is_not_good_for_another_request(program: Program, database: Database) -> None:
    writer = await program("customers:write")
    headers = {"idempotency-key": "signup-4711"}
    await writer.post("/api/v1/customers", json=LENA, headers=headers)
    answer = await writer.post("/api/v1/customers", json={"email": "otto@post.test"}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["detail"] == "This Idempotency-Key was used for another request."
    assert await count_customers(database) == 1


async def test_a_key_belongs_to_its_token(program: Program, database: Database) -> None:
    for email in ("lena@post.test", "otto@post.test"):
        writer = await program("customers:write")
        answer = await writer.post(
            "/api/v1/customers", json={"email": email}, headers={"idempotency-key": "one"}
        )
        assert answer.status_code == 201
    assert await count_customers(database) == 2


async def test_a_refused_request_leaves_its_key_free(program: Program, database: Database) -> None:
    writer = await program("customers:write")
    headers = {"idempotency-key": "signup-4711"}
    refused = await writer.post("/api/v1/customers", json={"email": "nobody"}, headers=headers)
    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {"pointer": "/email", "detail": "Enter an address like name@example.com."}
    ]
    async with database.transaction() as session:
        assert (await session.scalars(select(ApiAnswer))).all() == []
    assert (await writer.post("/api/v1/customers", json=LENA, headers=headers)).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "ümlaut", "two words"])
async def test_a_key_that_is_none_is_refused(program: Program, database: Database, key: str) -> None:
    writer = await program("customers:write")
    headers = {"idempotency-key": key.encode()}
    assert (await writer.post("/api/v1/customers", json=LENA, headers=headers)).status_code == 422  # type: ignore[arg-type]  # httpx takes bytes
    assert await count_customers(database) == 0


async def test_what_is_known_is_not_sent_again(program: Program) -> None:
    both = await program()
    made = (await both.post("/api/v1/customers", json=LENA)).json()
    path = f"/api/v1/customers/{made['id']}"
    first = await both.get(path)
    again = await both.get(path, headers={"if-none-match": f'"other", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    await both.patch(path, json={"company": "Halden"})
    changed = await both.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (changed.status_code, changed.json()["company"]) == (200, "Halden")


async def test_a_change_made_from_an_old_version_is_refused(program: Program) -> None:
    both = await program()
    made = (await both.post("/api/v1/customers", json=LENA)).json()
    path = f"/api/v1/customers/{made['id']}"
    seen = {"if-match": (await both.get(path)).headers["etag"]}
    assert (await both.patch(path, json={"company": "Halden"}, headers=seen)).status_code == 200
    answer = await both.patch(path, json={"company": "Elsewhere"}, headers=seen)
    assert (answer.status_code, answer.json()["title"]) == (412, "Precondition Failed")
    assert (await both.get(path)).json()["company"] == "Halden"


async def test_walking_a_list_meets_everyone_once(program: Program) -> None:
    both = await program()
    made = [
        (await both.post("/api/v1/customers", json={"email": f"c{number}@post.test"})).json()["id"]
        for number in range(7)
    ]
    met: list[UUID] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await both.get("/api/v1/customers", params={"limit": 3, "cursor": cursor})).json()
        met += [one["id"] for one in page["data"]]
        cursor = page["next_cursor"]
    assert met == made[::-1]


@pytest.mark.parametrize("cursor", ["nonsense", "WzFd", "W10", "e30", "ü"])
async def test_a_cursor_that_is_none_of_ours_is_refused(program: Program, cursor: str) -> None:
    answer = await (await program()).get("/api/v1/customers", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["detail"]) == (422, "That cursor is none of ours.")
