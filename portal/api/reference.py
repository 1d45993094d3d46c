"""The API's description: for programs as OpenAPI 3.1, for people as a page."""

from functools import cache
from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Template
from litestar.serialization import encode_json

from core.settings import Settings
from portal.api import reader
from portal.api.description import describe
from portal.guards import anyone


@cache
def document(app: Litestar) -> dict[str, Any]:
    return describe(app)


@cache
def description(app: Litestar) -> bytes:
    """The whole document, as JSON."""
    return encode_json(document(app))


@get("/api/openapi.json", guards=[anyone], include_in_schema=False)
async def show_description(request: Request[Any, Any, Any]) -> Response[bytes]:
    """OpenAPI 3.1."""
    return Response(
        description(request.app), media_type="application/json", headers={"cache-control": "no-cache"}
    )


@cache
def _told(app: Litestar, server: str) -> dict[str, Any]:
    described = document(app)
    return {
        "about": reader.paragraphs(described["info"]["description"]),
        "nouns": reader.nouns(described, server),
        "schemas": reader.schemas(described),
        "canonical": "",
        "locale": "en",
    }


@get("/api/reference", guards=[anyone], include_in_schema=False)
async def show_reference(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Template:
    """The same for people: every request with its fields, an example and a line of curl."""
    return Template("api/reference.html", context=_told(request.app, settings.public_url.rstrip("/")))


handlers = [show_description, show_reference]
