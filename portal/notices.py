"""Notices: a sentence for the next page that this browser shows, said once.

It travels as a code in a cookie, so that it outlives a redirect; a code that we do not know says nothing.
"""

from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.types import Message, Scope

from core.rendering import gettext as _
from core.words import mark

COOKIE = "notice"
MINUTE = 60
SENTENCES = {
    "carts.joined": mark("We put your two carts together: what you left here before is in it again."),
    "cart.emptied": mark("Your cart was emptied meanwhile, perhaps in another window. Nothing was ordered."),
    "cart.gone": mark(
        "Your cart was ordered or emptied meanwhile, perhaps in another window. If it was ordered, the "
        "confirmation is in your mail."
    ),
    "call.asked": mark("Thank you. One of us calls you; here you can write on meanwhile."),
    "review.written": mark("Thank you. Your review is on the page."),
}


@dataclass(frozen=True)
class Notice:
    """As layouts/base.html shows it."""

    text: str
    tone: str = "info"
    undo: str = ""


def leave(connection: ASGIConnection[Any, Any, Any, Any], code: str) -> None:
    """Say the sentence of a code (one of SENTENCES) on the next page."""
    connection.scope["state"]["notice_left"] = code


def take(request: Request[Any, Any, Any]) -> list[Notice]:
    """What is to be said on the page that is being made; from now on it counts as said."""
    sentence = SENTENCES.get(request.cookies.get(COOKIE, ""))
    if sentence is None:
        return []
    request.scope["state"]["notice_taken"] = True
    return [Notice(_(sentence))]


def carry(message: Message, scope: Scope, *, secure: bool) -> None:
    """Put into the answer's headers (of its beginning) what was left or taken while it was made."""
    code = scope["state"].get("notice_left", "")
    if not code and not scope["state"].get("notice_taken"):
        return
    cookie = Cookie(
        key=COOKIE,
        value=code,
        max_age=MINUTE if code else 0,
        httponly=True,
        secure=secure,
        samesite="lax",
        path="/",
    )
    MutableScopeHeaders.from_message(message).add("set-cookie", cookie.to_header(header=""))
