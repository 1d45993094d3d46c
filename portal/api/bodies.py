"""Bodies: read to the letter, so that what the description forbids is refused, and the place of it named."""

import re
from functools import cache
from typing import Any

import msgspec
from litestar import Request, Response

from core.rendering import gettext as _
from portal.errors import WORDS, problem

_PLACE = re.compile(r" - at (?:`key` in )?`\$(.*)`$")


@cache
def _decoder(declared: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(declared)


async def read_strictly(request: Request[Any, Any, Any]) -> Response[Any] | None:
    """Answer a body that is no JSON, or not of the shape that its route declares; None for one that is.

    The framework would take "1" for a number and "false" for a truth.
    """
    field = request.route_handler.parsed_data_field
    if field is None:
        return None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        return problem(415, _("Send JSON, and say so: Content-Type: application/json."))
    try:
        _decoder(field.annotation).decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        found = _PLACE.search(str(error))
        words = str(error)[: found.start()] if found else str(error)
        return problem(400, _(WORDS[400]), {_pointer(found[1] if found else ""): words})
    return None


def _pointer(path: str) -> str:
    """`.kinds[0]` as RFC 6901 writes it, without the first slash: kinds/0."""
    # Which value of an object with any keys it is, is not said.
    return path.replace("[...]", "").replace("[", "/").replace("]", "").replace(".", "/").removeprefix("/")
