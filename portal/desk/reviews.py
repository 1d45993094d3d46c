"""Reviews at the desk: read what customers say of products, and take off what does not belong on a page."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from core.database import Database
from core.errors import NotFound
from core.rendering import gettext as _
from core.staff import Role
from estore import reviews
from estore.reviews import Standing
from portal import cursors
from portal.desk.tickets import led
from portal.guards import staff
from portal.rendering import page
from portal.visits import Visit

HERE = "/desk/store/reviews"
STORE = staff(Role.MERCHANDISER, Role.AGENT)
PAGE = 50


def _standing(written: str) -> Standing | None:
    return Standing(written) if written in set(Standing) else None


@get(HERE, guards=[STORE])
async def list_reviews(
    database: NamedDependency[Database],
    show: FromQuery[str] = "",
    after: FromQuery[str] = "",
    judged: FromQuery[UUID | None] = None,
    before: FromQuery[str] = "",
) -> Response[Any]:
    """Everyone's, newest first; `show` keeps those that stand so. `judged` was just now, and stood `before` so."""
    standing = _standing(show)
    async with database.transaction() as session:
        found = await reviews.listed(session, standing, before=cursors.read(after), limit=PAGE + 1)
        context = {
            "rows": [(one, reviews.standing(one.review)) for one in found[:PAGE]],
            "show": str(standing or ""),
            "waiting": await reviews.waiting(session),
            "tabs": [
                ("", _("All"), HERE),
                *(
                    (str(one), words, f"{HERE}?show={one}")
                    for one, words in (
                        (Standing.WAITING, _("To read")),
                        (Standing.SHOWN, _("Read and shown")),
                        (Standing.HIDDEN, _("Hidden")),
                    )
                ),
            ],
        }
        stood = _standing(before)
        done = await reviews.find(session, judged) if judged is not None and stood is not None else None
    last = found[PAGE - 1].review if len(found) > PAGE else None
    kept = f"show={standing}&" if standing else ""
    context |= {
        "older": f"{HERE}?{kept}after={cursors.write(last.created_at, last.id)}" if last else "",
        "first": f"{HERE}?{kept}".rstrip("?&") if after else "",
        "done": done,
        "undo": f"{HERE}/{judged}/{stood}?show={show if standing else ''}",
    }
    return page("desk/reviews.html", context)


@post(HERE + "/{review_id:uuid}/{to:str}", guards=[STORE])
async def judge_review(
    request: Request[Any, Any, Any],
    review_id: FromPath[UUID],
    to: FromPath[str],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
    show: FromQuery[str] = "",
) -> Response[Any]:
    """Leave it on the page (`shown`), take it off (`hidden`) or let it wait again; the next page offers undo."""
    standing = _standing(to)
    if standing is None:
        raise NotFound("There is nothing at this address.")
    async with database.transaction() as session:
        stood = await reviews.judge(session, review_id, standing, visit.colleague.id)
    kept = f"show={show}&" if _standing(show) else ""
    return led(request, Redirect(f"{HERE}?{kept}judged={review_id}&before={stood}", status_code=303))


handlers = [list_reviews, judge_review]
