"""The API's own description: OpenAPI 3.1, made of the handlers and of the very types that read and write."""

import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, get_args, get_origin

import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import ParameterKwarg, PathParameter, QueryParameter

from campaigns.conditions import Condition
from channels.endpoints import known_kinds
from portal.api import examples
from portal.api.timeline import OWN
from portal.guards import scopes_of

METHODS = ("get", "post", "put", "patch", "delete")
SCHEMAS = "#/components/schemas/"
ABOUT = """\
Customers, their timeline and everything on it.

Send `Authorization: Bearer tl_…` with every request; a token opens what its scopes say. Lists come in pages: pass
`next_cursor` back as `cursor`. A POST with an `Idempotency-Key` is done once, however often it is sent. What is read
carries an ETag: send it back in `If-None-Match` to save the body, or in `If-Match` to change only the version that
you read. Errors are problem documents (RFC 9457): 400 says that a request is not of the shape described here, 422
that it is and still cannot be done; `errors` points at what is wrong. Money is in minor units, times are in UTC.
"""
WHY = {
    400: "It is not of the shape described here; `errors` points at what is wrong.",
    401: "The token is missing, unknown or revoked.",
    403: "The token lacks the scope.",
    404: "What it is about does not exist.",
    409: "What it is about has moved on, or its state does not allow this.",
    412: "It is no longer the version that `If-Match` names.",
    413: "The body is too large.",
    415: "The body is not declared as JSON.",
    422: "It is well formed and still cannot be done; `errors` points at what is wrong.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
    503: "It cannot be done for the moment; try again later.",
}
# Counting may take too long.
PATIENT = {"get_segment_size", "list_segment_members", "launch_campaign"}
# They say whom they are about in the body.
ABOUT_SOMEONE = {"open_ticket", "send_message", "place_order"}


class Fault(msgspec.Struct):
    """One thing that is wrong: where in the body (RFC 6901) or which parameter, and what."""

    pointer: str
    detail: str


class Problem(msgspec.Struct):
    """What went wrong, in words fit to show to a person (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True)
class Operation:
    path: str
    method: str
    handler: HTTPRouteHandler

    @property
    def name(self) -> str:
        return str(self.handler.handler_name)

    @property
    def noun(self) -> str:
        layers = self.handler.ownership_layers
        return str(next(tag for layer in layers for tag in getattr(layer, "tags", None) or ()))

    @property
    def about(self) -> str:
        words = (sys.modules[self.handler.fn.__module__].__doc__ or "").strip().partition(": ")[2]
        return words[:1].upper() + words[1:]

    @property
    def body(self) -> Any:
        field = self.handler.parsed_data_field
        return None if field is None else field.annotation

    @property
    def answer(self) -> Any:
        declared = self.handler.parsed_return_field.annotation
        return get_args(declared)[0] if get_origin(declared) is Response else declared

    @property
    def parameters(self) -> list[tuple[str, str, ParameterKwarg, Any, Any]]:
        """Place, name, what is said of it, type and default of each parameter in the path and the query."""
        found: list[tuple[str, str, ParameterKwarg, Any, Any]] = []
        for field in self.handler.parsed_fn_signature.parameters.values():
            said = field.kwarg_definition
            if isinstance(said, PathParameter | QueryParameter):
                place = "path" if isinstance(said, PathParameter) else "query"
                found.append((place, said.name or field.name, said, field.annotation, field.default))
        return found


def operations(app: Litestar) -> Iterator[Operation]:
    """Everything that a program can do, in the order of the routes."""
    for route in app.routes:
        found = []
        if route.path_format.startswith("/api/v1/"):
            for handler in getattr(route, "route_handlers", ()):
                for method in handler.http_methods - {"OPTIONS", "HEAD"}:
                    found.append(Operation(route.path_format, method.lower(), handler))
        yield from sorted(found, key=lambda one: METHODS.index(one.method))


def describe(app: Litestar) -> dict[str, Any]:
    """The whole document."""
    found = list(operations(app))
    types = [Problem, Condition]
    types += [one for each in found for one in (each.body, each.answer) if one not in (None, bytes)]
    shown, schemas = msgspec.json.schema_components(types, ref_template=SCHEMAS + "{name}")
    schemas["Condition"] = shown[1]
    for name in ("WebhookEndpointIn", "WebhookEndpointChange"):
        schemas[name]["properties"]["kinds"]["items"] = {
            "anyOf": [{"enum": ["*", *known_kinds()]}, {"type": "string", "pattern": OWN}]
        }
    paths: dict[str, Any] = {}
    for each in found:
        paths.setdefault(each.path, {})[each.method] = _operation(each)
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Throughline", "version": "1", "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": list({each.noun: {"name": each.noun, "description": each.about} for each in found}.values()),
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "headers": HEADERS,
            "parameters": PARAMETERS,
            "responses": {_response_name(status): _problem(status, words) for status, words in WHY.items()},
            "schemas": schemas,
        },
    }
    document = _hoisted(_renamed(document))
    examples.fill(document)
    return document


def _schema(kind: Any) -> Any:
    """The schema of a parameter; that it may be left out is said by `required`, not by a null."""
    (schema,), _none = msgspec.json.schema_components([kind], ref_template=SCHEMAS + "{name}")
    choices = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    chosen: dict[str, Any] = choices[0]
    if "enum" in chosen:
        chosen = {"type": "string", "enum": [one for one in chosen["enum"] if one is not None]}
    return chosen


LIMITS = {
    "ge": "minimum",
    "le": "maximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
}


def _parameter(place: str, name: str, said: ParameterKwarg, kind: Any, default: Any) -> dict[str, Any]:
    schema = _schema(kind)
    for ours, theirs in LIMITS.items():
        if (limit := getattr(said, ours)) is not None:
            schema[theirs] = int(limit) if isinstance(limit, float) else limit
    if isinstance(default, int):
        schema["default"] = default
    parameter = {"name": name, "in": place, "required": place == "path", "schema": schema}
    if said.description:
        parameter["description"] = said.description
    return parameter


def _operation(each: Operation) -> dict[str, Any]:
    scopes = scopes_of(each.handler)
    handler: Any = each.handler.fn
    words = inspect.getdoc(handler) or ""
    parameters = [_parameter(*parameter) for parameter in each.parameters]
    parameters += [{"$ref": f"#/components/parameters/{name}"} for name in _headers_taken(each)]
    operation: dict[str, Any] = {
        "operationId": each.name,
        "tags": [each.noun],
        "summary": each.name.replace("_", " ").capitalize(),
        "description": words + "\n\nScope: " + ", ".join(f"`{scope}`" for scope in scopes),
        "security": [{"token": list(scopes)}],
        "parameters": parameters,
    }
    if each.body is not None:
        (schema,), _others = msgspec.json.schema_components([each.body], ref_template=SCHEMAS + "{name}")
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    operation["responses"] = _responses(each)
    return operation


def _headers_taken(each: Operation) -> list[str]:
    if each.method == "get":
        return ["IfNoneMatch"]
    return {"post": ["IdempotencyKey"], "put": ["IfMatch"], "patch": ["IfMatch"], "delete": ["IfMatch"]}.get(
        each.method, []
    )


def _responses(each: Operation) -> dict[str, Any]:
    status = each.handler.status_code
    done: dict[str, Any] = {"description": "Done."}
    given = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]
    if each.answer is bytes:
        done["content"] = {each.handler.media_type: {"schema": {"type": "string", "format": "binary"}}}
    elif each.answer is not None and status != 204:
        (schema,), _others = msgspec.json.schema_components([each.answer], ref_template=SCHEMAS + "{name}")
        done["content"] = {"application/json": {"schema": schema}}
    if each.method == "get":
        given.append("ETag")
    if each.method == "post":
        given.append("Idempotency-Replayed")
    done["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in given}
    answers = {str(status): done}
    if each.method == "get":
        answers["304"] = {"description": "It is what `If-None-Match` names."}
    return answers | {
        str(status): {"$ref": f"#/components/responses/{_response_name(status)}"}
        for status in _refusals(each)
    }


def _refusals(each: Operation) -> list[int]:
    statuses = {400, 401, 403, 429}
    if each.body is not None:
        statuses |= {413, 415}
    if each.method != "get":
        statuses |= {409, 422}
    if any(place == "query" for place, *_rest in each.parameters):
        statuses.add(422)
    if "{" in each.path or each.name in ABOUT_SOMEONE:
        statuses.add(404)
    if each.method in ("put", "patch", "delete"):
        statuses.add(412)
    if each.name in PATIENT:
        statuses.add(503)
    return sorted(statuses)


def _response_name(status: int) -> str:
    return HTTPStatus(status).phrase.title().replace(" ", "")


def _problem(status: int, words: str) -> dict[str, Any]:
    given = {401: ["WWW-Authenticate"], 429: ["Retry-After"]}.get(status, [])
    problem: dict[str, Any] = {
        "description": words,
        "content": {"application/problem+json": {"schema": {"$ref": SCHEMAS + "Problem"}}},
    }
    if given:
        problem["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in given}
    return problem


def _renamed(document: dict[str, Any]) -> dict[str, Any]:
    """The same with names that say what a thing is, not which class of ours shows it."""
    text = msgspec.json.encode(document).decode()
    text = re.sub(r"\bPage[_\[](\w+?)(Out)?[_\]](?=\")", r"\1Page", text)
    text = re.sub(r'(?<=schemas/)(\w+)Out(?=")|(?<=")([A-Z]\w+)Out(?=")', lambda m: m[1] or m[2], text)
    renamed: dict[str, Any] = msgspec.json.decode(text)
    return renamed


def _hoisted(document: dict[str, Any]) -> dict[str, Any]:
    """The same with the conditions of segments, which refer to each other, described once, and choices as strings."""
    condition = document["components"]["schemas"]["Condition"]

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            if value.get("discriminator") == condition["discriminator"]:
                said = {key: value[key] for key in value.keys() - condition.keys()}
                return {"$ref": SCHEMAS + "Condition", **said}
            walked = {key: walk(inner) for key, inner in value.items()}
            return {"type": "string", **walked} if isinstance(value.get("enum"), list) else walked
        return [walk(inner) for inner in value] if isinstance(value, list) else value

    schemas = document["components"].pop("schemas")
    schemas.pop("Condition")
    walked: dict[str, Any] = walk(document)
    walked["components"]["schemas"] = dict(sorted((walk(schemas) | {"Condition": condition}).items()))
    return walked


NUMBER = {"type": "integer", "minimum": 0}
HEADERS = {
    "RateLimit-Limit": {
        "description": "How many requests the token has, each minute as a rule.",
        "schema": NUMBER,
    },
    "RateLimit-Remaining": {"description": "How many of them are left.", "schema": NUMBER},
    "RateLimit-Reset": {"description": "In how many seconds all of them are there again.", "schema": NUMBER},
    "ETag": {"description": "Names this version of the answer.", "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "Here when this is the first answer again.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Retry-After": {"description": "How many seconds to wait.", "schema": NUMBER},
    "WWW-Authenticate": {"description": "`Bearer`.", "schema": {"type": "string"}},
}
PARAMETERS = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Makes the request safe to repeat: it is done once, and every repetition gets the first answer. "
        "The same key with another request is refused (422).",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "The ETag of what you read: the change is refused (412) when it is no longer that.",
        "schema": {"type": "string"},
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "The ETag of what you have: the answer is 304 without a body while it is still that.",
        "schema": {"type": "string"},
    },
}
