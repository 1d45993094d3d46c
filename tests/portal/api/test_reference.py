import json
from typing import Any

from tests.portal.conftest import Browser


async def _described(client: Browser) -> dict[str, Any]:
    answer = await client.get("/api/openapi.json")
    assert answer.status_code == 200
    described: dict[str, Any] = answer.json()
    return described


async def test_the_description_names_every_operation_its_scope_and_its_problems(client: Browser) -> None:
    described = await _described(client)
    assert described["openapi"].startswith("3.1")
    assert described["security"] == [{"token": []}]
    operations = [one for path in described["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in operations]
    assert len(names) == len(set(names)) > 40
    for one in operations:
        assert "Scope: `" in one["description"], one["operationId"]
        assert one["responses"]["401"]["content"]["application/problem+json"], one["operationId"]
        assert len(one["tags"]) == 1, one["operationId"]
    assert {path.split("/")[1] for path in described["paths"]} == {"api"}


async def test_every_name_that_the_description_refers_to_is_in_it(client: Browser) -> None:
    described = await _described(client)
    text = json.dumps(described)
    schemas = described["components"]["schemas"]
    assert "portal.api" not in text
    assert "Out" not in {name[-3:] for name in schemas}
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in schemas


async def test_posts_take_an_idempotency_key_and_closed_bodies(client: Browser) -> None:
    described = await _described(client)
    create = described["paths"]["/api/v1/customers"]["post"]
    assert "Idempotency-Key" in {one["name"] for one in create["parameters"]}
    assert described["components"]["schemas"]["CustomerIn"]["additionalProperties"] is False
