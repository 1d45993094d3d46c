"""Reading: requests to the letter, so that what the description forbids is refused, and the place of it named."""

import re
from functools import cache
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import SerializationException
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from core.rendering import gettext as _
from portal.errors import WORDS, problem

_PLACE = re.compile(r" - at (?:`key` in )?`\$(.*)`$")


async def read_strictly(request: Request[Any, Any, Any]) -> Response[Any] | None:
    """Answer a request that asks by a parameter which its route does not have, or whose body is not of its shape.

    None for the rest. A filter with a slip in its name would list everything, and the framework would take "1"
    for a number and "false" for a truth.
    """
    asked = _asked(request.route_handler)
    for name in request.query_params:
        given = request.query_params.getall(name)
        if name not in asked:
            return problem(400, _(WORDS[400]), {name: _("There is no such parameter here.")})
        if len(given) > 1 or (given[0] == "null" and asked[name] != str | None):
            # To the framework the word is nothing; to the description it is a text like any other.
            status = 422 if given == ["null"] and asked[name] is str else 400
            return problem(status, _(WORDS[400]), {name: _("Say it once, or leave it out.")})
    field = request.route_handler.parsed_data_field
    if field is None:
        return None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        return problem(415, _("Send JSON, and say so: Content-Type: application/json."))
    try:
        msgspec.convert(_whole(await request.json()), field.annotation)
    except msgspec.ValidationError as error:
        found = _PLACE.search(str(error))
        words = str(error)[: found.start()] if found else str(error)
        return problem(400, _(WORDS[400]), {_pointer(found[1] if found else ""): words})
    except (SerializationException, RecursionError):
        return problem(400, _(WORDS[400]), {"": _("This is no JSON.")})
    return None


@cache
def _asked(handler: HTTPRouteHandler) -> dict[str, Any]:
    """The parameters that a route takes in the query, and their types."""
    fields = handler.parsed_fn_signature.parameters.values()
    return {
        field.kwarg_definition.name or field.name: field.annotation
        for field in fields
        if isinstance(field.kwarg_definition, QueryParameter)
    }


def _whole(value: Any) -> Any:
    """The same with 67.0 as 67: to JSON they are one number."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_whole(inner) for inner in value]
        case dict():
            return {key: _whole(inner) for key, inner in value.items()}
    return value


def _pointer(path: str) -> str:
    """`.kinds[0]` as RFC 6901 writes it, without the first slash: kinds/0."""
    # Which value of an object with any keys it is, is not said.
    return path.replace("[...]", "").replace("[", "/").replace("]", "").replace(".", "/").removeprefix("/")
