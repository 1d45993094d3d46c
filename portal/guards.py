"""Who may call a route. Every route names exactly one of these; a test fails for one that does not."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from core.errors import NotAllowed
from core.staff import Role
from portal import access, visits

Connection = ASGIConnection[Any, Any, Any, Any]


async def anyone(connection: Connection, handler: BaseRouteHandler) -> None:
    """Public: the handler checks what an id or a signed link in the URL entitles to."""


async def provider(connection: Connection, handler: BaseRouteHandler) -> None:
    """A company we work with: the handler checks its signature before it reads anything."""


async def customer(connection: Connection, handler: BaseRouteHandler) -> None:
    """Someone signed in as a customer."""
    visits.current(connection).customer  # noqa: B018 - raises


class _Staff:
    def __init__(self, *roles: Role) -> None:
        self.roles = roles

    async def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        colleague = visits.current(connection).colleague
        if self.roles and not colleague.may_act_as(*self.roles):
            raise NotAllowed("Your role does not include this part of the desk.")


def staff(*roles: Role) -> _Staff:
    """Someone signed in at the desk, in one of these roles (an admin is in all); with none, any colleague."""
    return _Staff(*roles)


class _Program:
    def __init__(self, *scopes: str) -> None:
        self.scopes = scopes

    async def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        await access.recognise(connection, *self.scopes)


def program(*scopes: str) -> _Program:
    """A program with a token that has all of these scopes."""
    return _Program(*scopes)


GUARDS = (anyone, provider, customer)


def is_declared(guard: object) -> bool:
    return guard in GUARDS or isinstance(guard, (_Staff, _Program))


def roles_of(guard: object) -> tuple[Role, ...]:
    """The roles that a guard asks for; none for one that asks for no role."""
    return guard.roles if isinstance(guard, _Staff) else ()


def scopes_of(handler: BaseRouteHandler) -> tuple[str, ...]:
    """The scopes that a route of the API asks a token for."""
    return next((guard.scopes for guard in handler.resolve_guards() if isinstance(guard, _Program)), ())
