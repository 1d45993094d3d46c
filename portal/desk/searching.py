"""Looking for what was said: every message of every thread, whatever its ticket's state."""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from markupsafe import Markup, escape

from core.database import Database
from portal.desk.inbox import AGENT
from portal.rendering import page
from support import search


@get("/desk/inbox/search", guards=[AGENT])
async def show_search(database: NamedDependency[Database], q: FromQuery[str] = "") -> Response[Any]:
    """Conversations in which these words were said."""
    async with database.statements() as session:
        found = await search.said(session, q)
    context = {"q": q[:100], "found": [(each, _marked(each.said)) for each in found]}
    return page("desk/inbox/search.html", context)


def _marked(said: str) -> Markup:
    """What was said, with the words that were looked for marked; anybody may have written it."""
    words = str(escape(" ".join(said.split())))
    return Markup(words.replace(search.BEGIN, "<mark>").replace(search.END, "</mark>"))  # noqa: S704 - escaped above


handlers = [show_search]
