"""Access: the token that a request brings, what it opens, and how often."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection

from core.errors import NotAllowed
from core.rendering import gettext as _
from portal import tokens
from portal.limits import client
from portal.refusals import NotRecognised

# Nobody guesses 256 bits; a program whose token was revoked should not be able to keep us busy.
GUESSES = "300/minute"

Connection = ASGIConnection[Any, Any, Any, Any]


@dataclass(frozen=True)
class Caller:
    """The program that asks."""

    token_id: UUID
    name: str
    scopes: frozenset[str]


async def recognise(connection: Connection, *scopes: str) -> Caller:
    """The caller, whose token has all of these scopes. Raises NotRecognised, NotAllowed, TooMany."""
    state = connection.app.state
    scheme, _space, secret = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise NotRecognised(_("Send a token: Authorization: Bearer tl_…"))
    async with state.database.transaction() as session:
        token = await tokens.find(session, secret.strip())
    if token is None:
        await state.limits.take(GUESSES, "api-guess", client(connection))
        raise NotRecognised(_("That token is unknown or was revoked."))
    caller = Caller(token.id, token.name, frozenset(token.scopes))
    connection.scope["state"]["caller"] = caller
    connection.scope["state"]["rate"] = await state.limits.measure(state.api_rate, "api", str(token.id))
    missing = sorted(set(scopes) - caller.scopes)
    if missing:
        raise NotAllowed(_("This token lacks the scope %(scope)s.") % {"scope": missing[0]})
    return caller


def current(connection: Connection) -> Caller:
    """The caller that the route's guard recognised."""
    caller: Caller = connection.scope["state"]["caller"]
    return caller
