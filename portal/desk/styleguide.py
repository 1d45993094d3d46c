"""The page that shows every component with the call that makes it."""

from litestar import get
from litestar.response import Template

from portal.guards import staff
from portal.rendering import page


@get("/desk/styleguide", guards=[staff()])
async def show_styleguide() -> Template:
    return page("desk/styleguide.html")


handlers = [show_styleguide]
