import json
import re
from typing import Any

import jsonschema_rs

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
        assert one["responses"]["401"] == {"$ref": "#/components/responses/Unauthorized"}, one["operationId"]
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
    assert {"$ref": "#/components/parameters/IdempotencyKey"} in create["parameters"]
    assert described["components"]["schemas"]["CustomerIn"]["additionalProperties"] is False


async def test_every_example_is_what_its_schema_says(client: Browser) -> None:
    described = await _described(client)
    shown = 0
    for path in described["paths"].values():
        for one in path.values():
            for content in (one.get("requestBody", {}), *one["responses"].values()):
                for media in content.get("content", {}).values():
                    if "example" in media:
                        schema = {**media["schema"], "components": described["components"]}
                        validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
                        assert [str(error) for error in validator.iter_errors(media["example"])] == []
                        assert "text" not in _strings(media["example"]), one["operationId"]
                        shown += 1
    assert shown > 80


def _strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [found for inner in value.values() for found in _strings(inner)]
    if isinstance(value, list):
        return [found for inner in value for found in _strings(inner)]
    return [value] if isinstance(value, str) else []


async def test_people_read_the_same_on_a_page_that_leads_nowhere_wrong(client: Browser) -> None:
    described = await _described(client)
    answer = await client.get("/api/reference")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    page = answer.text
    places = re.findall(r' id="([^"]+)"', page)
    assert len(places) == len(set(places))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(places)
    for path, operations in described["paths"].items():
        for one in operations.values():
            assert one["operationId"] in places
            assert f"<code>{path}</code>" in page
    for name in described["components"]["schemas"]:
        assert f"schema-{name}" in places
    assert page.count("curl --fail-with-body") >= sum(len(path) for path in described["paths"].values())
    # Nothing that the content security policy would refuse.
    assert " style=" not in page
    assert re.findall(r"<script(?![^>]* src=)", page) == []
