"""Style sheets: a site's own joined into one file, because a phone waits for each further one anew."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from litestar import Response, get
from litestar.params import FromPath

from core.errors import NotFound
from portal.guards import anyone

CSS = Path(__file__).parent / "static" / "css"
FOR_EVER = "public, max-age=31536000, immutable"
COMMON = ("tokens", "base", "components", "forms", "messages")
SITES = {"plain": COMMON, "store": (*COMMON, "store"), "desk": (*COMMON, "store", "desk")}


@cache
def joined(site: str) -> bytes:
    """Every part, one after the other; each names its layer, so nothing else changes by being joined."""
    return b"\n".join((CSS / f"{part}.css").read_bytes() for part in SITES[site])


@cache
def stylesheet(site: str) -> str:
    """The address of a site's style sheet; it changes with any part of it, so may be kept for ever."""
    return f"/static/sheets/{site}.css?v={sha256(joined(site)).hexdigest()[:10]}"


@get("/static/sheets/{name:str}", guards=[anyone])
async def show_sheet(name: FromPath[str]) -> Response[bytes]:
    site = name.removesuffix(".css")
    if site not in SITES:
        raise NotFound("There is nothing at this address.")
    return Response(
        joined(site),
        media_type="text/css",
        headers={"cache-control": FOR_EVER},
    )


handlers = [show_sheet]
