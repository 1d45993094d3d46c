"""The language of this browser: what the header's list sets."""

from typing import Any

import msgspec
from litestar import Request, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from core.database import Database
from core.rendering import LANGUAGES
from portal import visits
from portal.forms import read_form
from portal.guards import anyone
from portal.targets import local


class LanguageForm(msgspec.Struct):
    language: str = ""
    next: str = ""


@post("/language", guards=[anyone])
async def choose_language(request: Request[Any, Any, Any], database: NamedDependency[Database]) -> Redirect:
    """Remember a language for this browser and go back; one that we do not speak changes nothing."""
    given = await read_form(request, LanguageForm)
    if given.language in LANGUAGES:
        async with database.transaction() as session:
            await visits.remember(session, request, locale=given.language)
    return Redirect(local(given.next, "/"), status_code=303)


handlers = [choose_language]
