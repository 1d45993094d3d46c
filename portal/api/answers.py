"""Answers: done once however often it is asked, and told apart by what they say."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

from litestar import Request, Response
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.serialization import encode_json
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import now
from core.database import Database
from core.errors import Invalid
from core.rendering import gettext as _
from portal import access
from portal.models import ApiAnswer
from portal.refusals import Changed

KEPT = timedelta(days=2)
KEY = re.compile(r"[!-~]{1,255}")


def tag(content: bytes) -> str:
    """The ETag of an answer's body (RFC 9110, section 8.8.3)."""
    return f'"{sha256(content).hexdigest()[:32]}"'


def require_match(request: Request[Any, Any, Any], current: Any) -> None:
    """Let a change pass only when it was made from `current`, as GET shows it. Raises Changed.

    A request without If-Match passes (RFC 9110, section 13.1.1).
    """
    given = request.headers.get("if-match")
    if given is None or given.strip() == "*":
        return
    if tag(encode_json(current)) not in [part.strip() for part in given.split(",")]:
        raise Changed(_("It has changed since you read it. Read it again, and decide anew."))


async def once[T](
    request: Request[Any, Any, Any],
    database: Database,
    act: Callable[[AsyncSession], Awaitable[T]],
    *,
    status: int = 201,
) -> Response[T]:
    """Do `act` in a transaction and answer with what it returns; with an Idempotency-Key, once for ever.

    What is kept of the answer is committed with the effect, so there is never one without the other; a second
    request with the key, also at the same moment, gets the first one's answer. Raises Invalid (422) when the key
    was used for something else. An act that raised keeps nothing: the key may be tried again.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        async with database.transaction() as session:
            body = encode_json(await act(session))
        return _answer(body, status)
    if not KEY.fullmatch(key):
        raise Invalid(_("An Idempotency-Key is 1 to 255 printable ASCII characters without spaces."))
    token_id = access.current(request).token_id
    fingerprint = sha256(
        f"{request.method} {request.url.path}?{request.url.query}\n".encode() + await request.body()
    ).digest()
    async with database.transaction() as session:
        kept = (ApiAnswer.token_id == token_id) & (ApiAnswer.key == key)
        # A copy that is under way elsewhere is waited for here.
        first = await session.scalar(
            insert(ApiAnswer)
            .values(token_id=token_id, key=key, fingerprint=fingerprint, status=status, body=b"")
            .on_conflict_do_nothing()
            .returning(ApiAnswer.key)
        )
        if first is None:
            before = (await session.scalars(select(ApiAnswer).where(kept))).one()
            if before.fingerprint != fingerprint:
                raise Invalid(_("This Idempotency-Key was used for another request."))
            return _answer(before.body, before.status, {"idempotency-replayed": "true"})
        body = encode_json(await act(session))
        await session.execute(update(ApiAnswer).where(kept).values(body=body))
    return _answer(body, status)


def _answer(body: bytes, status: int, headers: dict[str, str] | None = None) -> Response[Any]:
    return Response(body, status_code=status, headers=headers, media_type="application/json")


async def forget_old(session: AsyncSession) -> None:
    """Delete answers whose keys nobody will send again."""
    await session.execute(delete(ApiAnswer).where(ApiAnswer.created_at < func.now() - KEPT))


class Tagged:
    """Middleware of the API: ETags on what is read, 304 for what is known, and the caller's rate on everything."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reading = scope["type"] == ScopeType.HTTP and scope["method"] in {"GET", "HEAD"}
        known = Request[Any, Any, Any](scope).headers.get("if-none-match", "") if reading else ""
        held: HTTPResponseStartEvent | None = None

        async def answer(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start":
                start: HTTPResponseStartEvent = message
                _say_rate(start, scope)
                if scope["type"] == ScopeType.HTTP and scope["method"] == "OPTIONS":
                    MutableScopeHeaders.from_message(start)["allow"] = _methods(scope)
                if reading and start["status"] == 200:
                    held = start
                    return
            elif held is not None and message["type"] == "http.response.body":
                # Only what comes in one piece has been seen whole.
                start, held = held, None
                if not message.get("more_body"):
                    headers = MutableScopeHeaders.from_message(start)
                    headers["etag"] = tag(message["body"])
                    headers["cache-control"] = "private, no-cache"
                    if known and headers["etag"] in [
                        part.strip().removeprefix("W/") for part in known.split(",")
                    ]:
                        start["status"] = 304
                        del headers["content-length"]
                        message["body"] = b""
                await send(start)
            await send(message)

        await self.app(scope, receive, answer)


def _methods(scope: Scope) -> str:
    """Everything that can be done at this address; the framework names only what was declared first."""
    template = scope["path_template"]
    routes = scope["litestar_app"].routes
    return ", ".join(
        sorted({method for one in routes if one.path == template for method in getattr(one, "methods", ())})
    )


def _say_rate(message: HTTPResponseStartEvent, scope: Scope) -> None:
    if rate := scope["state"].get("rate"):
        headers = MutableScopeHeaders.from_message(message)
        headers["ratelimit-limit"] = str(rate.most)
        headers["ratelimit-remaining"] = str(rate.left)
        headers["ratelimit-reset"] = str(max(0, round(rate.until - now().timestamp())))
