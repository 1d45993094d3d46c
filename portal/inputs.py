"""What no form or link of ours sends, stopped in one place: signs and numbers that the database cannot hold."""

from typing import Any

import asyncpg
import structlog
from litestar import Request, Response
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp, Receive, Scope, Send
from sqlalchemy.exc import DBAPIError

from core.rendering import gettext as _
from portal.errors import WORDS, answer, on_unexpected_error

log = structlog.get_logger()

# Out of range, a sign the encoding lacks, a value or an instant that cannot be read. Not a division by zero:
# that would be our own mistake.
_REFUSALS = (
    asyncpg.NumericValueOutOfRangeError,
    asyncpg.CharacterNotInRepertoireError,
    asyncpg.UntranslatableCharacterError,
    asyncpg.InvalidTextRepresentationError,
    asyncpg.DatetimeFieldOverflowError,
    asyncpg.InvalidDatetimeFormatError,
)


class Legible:
    """Middleware: an address with a NUL in it leads nowhere, and a question is read without them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "\x00" in scope["path"]:
            raise NotFoundException
        scope["query_string"] = scope["query_string"].replace(b"%00", b"").replace(b"\x00", b"")
        await self.app(scope, receive, send)


def on_database_error(request: Request[Any, Any, Any], error: DBAPIError) -> Response[Any]:
    """A value that the database refuses was refused before anything changed: say so; the rest is our fault."""
    cause = error.orig.__cause__ if error.orig is not None else None
    # asyncpg checks arguments itself and then raises the bare DataError.
    if not (isinstance(cause, _REFUSALS) or type(cause) is asyncpg.DataError):
        return on_unexpected_error(request, error)
    log.warning("value refused", route=str(request.scope.get("path_template", "")), error=str(type(cause)))
    return answer(request, 400, _(WORDS[400]))
