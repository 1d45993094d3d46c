"""The API's own description: OpenAPI 3.1, made from the handlers."""

import re
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.serialization import encode_json

from portal.guards import anyone, scopes_of

DESCRIPTION = """\
Customers, their timeline and everything on it.

Send `Authorization: Bearer tl_…` with every request; a token opens what its scopes say. Lists come in pages: pass
`next_cursor` back as `cursor`. A POST with an `Idempotency-Key` is done once, however often it is sent. What is read
carries an ETag: send it back in `If-None-Match` to save the body, or in `If-Match` to change only the version that
you read. Errors are problem documents (RFC 9457). Money is in minor units, times are in UTC.
"""

CONFIG = OpenAPIConfig(
    title="Throughline",
    version="1",
    description=DESCRIPTION,
    security=[{"token": []}],
    components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
    use_handler_docstrings=True,
    operation_id_creator=lambda handler, _method, _path: handler.handler_name,
    render_plugins=[],
)
PROBLEM = {
    "type": "object",
    "description": "What went wrong, in words fit to show to a person (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
ALWAYS = (400, 401, 403, 422, 429)
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes the request safe to repeat: it is done once, and every repetition gets the first answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


@cache
def description(app: Litestar) -> bytes:
    """The whole document, as JSON."""
    from litestar._openapi.plugin import OpenAPIPlugin

    plugin = app.plugins.get(OpenAPIPlugin)
    # Configured here rather than in the application, which would add pages of its own that nobody guards.
    plugin._openapi_config = CONFIG
    written = _renamed(plugin.provide_openapi_schema())
    closed = {
        kind.__name__
        for kind in msgspec.Struct.__subclasses__()
        if kind.__module__.startswith("portal.api.") and kind.__struct_config__.forbid_unknown_fields
    }
    for name, schema in written["components"]["schemas"].items():
        if name in closed:
            schema["additionalProperties"] = False
    written["components"]["schemas"]["Problem"] = PROBLEM
    guards = {
        handler.handler_name: scopes_of(handler)
        for route in app.routes
        if route.path.startswith("/api/v1")
        for handler in getattr(route, "route_handlers", ())
    }
    for path, operations in written["paths"].items():
        for method, operation in operations.items():
            _complete(operation, path, method, guards[operation["operationId"]])
    return encode_json(written)


def _complete(operation: dict[str, Any], path: str, method: str, scopes: tuple[str, ...]) -> None:
    operation["summary"] = operation["operationId"].replace("_", " ").capitalize()
    operation["description"] += "\n\nScope: " + ", ".join(f"`{scope}`" for scope in scopes)
    statuses = [*ALWAYS, 409] + [404] * ("{" in path) + [412] * (method in {"patch", "put"})
    for status in statuses:
        operation["responses"][str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    if method == "post":
        operation.setdefault("parameters", []).append(KEY)


def _renamed(schema: dict[str, Any]) -> dict[str, Any]:
    """The same with names that say what a thing is, not which class of ours shows it."""
    text = msgspec.json.encode(schema).decode()
    text = re.sub(r"Page_portal\.api\.\w+\.(\w+?)(Out)?_", r"\1Page", text)
    text = re.sub(r'(?<=schemas/)(\w+)Out(?=")|(?<=")(\w+)Out(?=")', lambda m: m[1] or m[2], text)
    renamed: dict[str, Any] = msgspec.json.decode(text)
    return renamed


@get("/api/openapi.json", guards=[anyone], include_in_schema=False)
async def show_description(request: Request[Any, Any, Any]) -> Response[bytes]:
    """OpenAPI 3.1."""
    return Response(
        description(request.app), media_type="application/json", headers={"cache-control": "no-cache"}
    )


handlers = [show_description]
