"""What is sent is read to the letter, and whoever sent it is told which place of it is wrong."""

from uuid import uuid4

import pytest

from core.database import Database
from tests.portal.api.conftest import Program
from tests.portal.api.test_answers import count_customers

LENA = {"email": "lena@post.test"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"email": 7}, "/email"),
        ({"name": "Lena"}, ""),
        ({**LENA, "name": "Le\x00na"}, "/name"),
        ({**LENA, "nickname": "Leni"}, ""),
        ([], ""),
    ],
)
async def test_what_the_description_forbids_is_refused_and_pointed_at(
    program: Program, database: Database, body: object, pointer: str
) -> None:
    answer = await (await program()).post("/api/v1/customers", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert await count_customers(database) == 0


async def test_a_number_in_quotes_is_no_number(program: Program) -> None:
    both = await program()
    definition = {
        "type": "all",
        "conditions": [{"type": "happened", "kind": "order.placed", "at_least": "3"}],
    }
    answer = await both.post("/api/v1/segments", json={"name": "Regulars", "definition": definition})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (
        400,
        "/definition/conditions/0/at_least",
    )


async def test_what_is_not_called_json_is_not_read_as_json(program: Program, database: Database) -> None:
    both = await program()
    answer = await both.post(
        "/api/v1/customers", content=b'{"email": "lena@post.test"}', headers={"content-type": "text/plain"}
    )
    assert (answer.status_code, answer.json()["title"]) == (415, "Unsupported Media Type")
    for content in (b"", b"{", b"\xff", b"[" * 100_000):
        answer = await both.post(
            "/api/v1/customers", content=content, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 400, content[:9]
    assert await count_customers(database) == 0


async def test_a_filter_with_a_slip_in_its_name_does_not_list_everything(program: Program) -> None:
    both = await program()
    await both.post("/api/v1/customers", json=LENA)
    answer = await both.get("/api/v1/customers", params={"emial": "otto@post.test"})
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        [{"pointer": "/emial", "detail": "There is no such parameter here."}],
    )


async def test_a_parameter_is_given_once_and_nothing_is_left_out(program: Program) -> None:
    both = await program()
    for query in ("status=open&status=solved", "customer_id=null"):
        answer = await both.get(f"/api/v1/tickets?{query}")
        assert (answer.status_code, answer.json()["errors"][0]["detail"]) == (
            400,
            "Say it once, or leave it out.",
        )


async def test_the_word_null_is_a_cursor_of_the_right_shape_that_is_none_of_ours(program: Program) -> None:
    answer = await (await program()).get("/api/v1/products", params={"cursor": "null"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/cursor")


async def test_a_whole_number_may_be_written_with_a_point(program: Program) -> None:
    both = await program()
    definition = {"type": "trait", "trait": "orders", "compare": "at_least", "value": 3.0}
    answer = await both.post("/api/v1/segments", json={"name": "Regulars", "definition": definition})
    assert (answer.status_code, answer.json()["definition"]["value"]) == (201, 3)
    definition["value"] = 3.5
    answer = await both.post("/api/v1/segments", json={"name": "Others", "definition": definition})
    assert answer.status_code == 400


@pytest.mark.parametrize("name", ["", " ", "\t\x1f\x85\ufeff"])
async def test_white_space_is_no_name(program: Program, name: str) -> None:
    answer = await (await program()).post("/api/v1/campaigns", json={"name": name, "channel": "email"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/name")


@pytest.mark.parametrize("facts", [{"a\x00": 1}, {"a": "\x00"}])
async def test_what_the_database_cannot_keep_is_pointed_at(
    program: Program, facts: dict[str, object]
) -> None:
    both = await program()
    lena = (await both.post("/api/v1/customers", json=LENA)).json()["id"]
    said = {"kind": "custom.machine.serviced", "source_key": "1", "title": "Serviced", "facts": facts}
    answer = await both.post(f"/api/v1/customers/{lena}/timeline", json=said)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/facts")


async def test_whoever_is_to_answer_is_named_by_an_address(program: Program) -> None:
    both = await program()
    reply = {"text": "Hello", "channel": "email", "last_seen_seq": 0, "author": "mira\x1f@halden.test"}
    answer = await both.post(f"/api/v1/conversations/{uuid4()}/replies", json=reply)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/author")
