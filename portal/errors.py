"""How errors reach a person: a page, a fragment or a problem document, in words, never a bare 500."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, TransientError
from core.rendering import gettext as _
from core.words import mark
from portal.refusals import Changed, NotRecognised, NotSignedIn, TooMany
from portal.rendering import page

log = structlog.get_logger()


STATUS = {
    Changed: 412,
    Invalid: 422,
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    TooMany: 429,
    TransientError: 503,
}


def status_of(error: DomainError) -> int:
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)


def problem(status: int, message: str, fields: dict[str, str] | None = None) -> Response[Any]:
    """A problem document (RFC 9457) for a program; `errors` point into what it sent (RFC 6901)."""
    said: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": message,
    }
    if fields:
        said["errors"] = [
            {"pointer": f"/{name}" if name else "", "detail": words} for name, words in fields.items()
        ]
    return Response(said, status_code=status, media_type="application/problem+json")


def answer(
    request: Request[Any, Any, Any], status: int, message: str, fields: dict[str, str] | None = None
) -> Response[Any]:
    """The message in the form that the caller reads: RFC 9457 for programs, a notice for htmx, else a page."""
    if request.url.path.startswith("/api/"):
        return problem(status, message, fields)
    wants_json = request.url.path.startswith("/webhooks/") or (
        "application/json" in request.headers.get("accept", "")
        and "text/html" not in request.headers.get("accept", "")
    )
    if wants_json:
        return Response(
            {"title": message, "status": status, **({"errors": fields} if fields else {})},
            status_code=status,
            media_type="application/problem+json",
        )
    name = "errors/_notice.html" if request.headers.get("hx-request") else "errors/page.html"
    site = "desk" if request.url.path.startswith("/desk") else "store"
    facts = {"site": site, "status": status, "message": message, "fields": fields or {}}
    return page(name, facts, status_code=status)


def on_domain_error(request: Request[Any, Any, Any], error: DomainError) -> Response[Any]:
    fields = {name: _(words) for name, words in getattr(error, "fields", {}).items()}
    response = answer(request, status_of(error), _(error.message), fields)
    if isinstance(error, TooMany):
        response.headers["retry-after"] = str(error.wait)
    return response


def on_not_signed_in(request: Request[Any, Any, Any], error: NotSignedIn) -> Response[Any]:
    path = request.url.path
    target = "/desk/sign-in" if path.startswith("/desk") else "/sign-in"
    back = path if request.method == "GET" and not request.headers.get("hx-request") else ""
    url = f"{target}?next={quote(back)}" if back else target
    if request.headers.get("hx-request"):
        return Response("", status_code=200, headers={"HX-Redirect": url}, media_type=MediaType.HTML)
    return Redirect(url, status_code=HTTP_303_SEE_OTHER)


WORDS = {
    400: mark("We could not read that. Nothing was changed."),
    401: mark("Sign in first."),
    403: mark(
        "This form is too old or came from elsewhere. Nothing was changed: reload the page and try again."
    ),
    404: mark("There is nothing at this address."),
    405: mark("That cannot be done here."),
    413: mark("That is too large for us to take."),
    429: mark("That was a lot at once. Wait a minute and try again."),
}


def on_not_recognised(request: Request[Any, Any, Any], error: NotRecognised) -> Response[Any]:
    response = problem(401, error.message)
    response.headers["www-authenticate"] = 'Bearer realm="Throughline"'
    return response


def on_validation_error(request: Request[Any, Any, Any], error: ValidationException) -> Response[Any]:
    """A request whose body or parameters do not have the declared shape: a program is told what is wrong where."""
    if not request.url.path.startswith("/api/"):
        return on_http_error(request, error)
    found = error.extra if isinstance(error.extra, list) else []
    return problem(
        400, _(WORDS[400]), {str(one.get("key", "")): str(one.get("message", "")) for one in found}
    )


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    message = WORDS.get(
        error.status_code, "Something went wrong on our side. Nothing was lost: try again in a moment."
    )
    response = answer(request, error.status_code, _(message))
    if allowed := (error.headers or {}).get("allow"):
        response.headers["allow"] = allowed
    return response


def on_unexpected_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    log.error("request failed", route=str(request.scope.get("path_template", "")), exc_info=error)
    return answer(
        request, 500, _("Something went wrong on our side. Nothing was lost: try again in a moment.")
    )


HANDLERS: dict[Any, Any] = {
    DomainError: on_domain_error,
    NotSignedIn: on_not_signed_in,
    NotRecognised: on_not_recognised,
    ValidationException: on_validation_error,
    HTTPException: on_http_error,
    Exception: on_unexpected_error,
}
