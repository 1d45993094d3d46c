"""Pictures of the store: how pages name them, and where they are answered to anybody.

An address holds the digest of what it answers, so it is kept for ever, by browsers and by whatever stands between.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath

from channels import files
from core.database import Database
from core.errors import NotFound
from core.rendering import gettext as _
from core.storage import Storage
from estore import pictures
from portal.guards import anyone
from portal.rendering import STATIC, static
from portal.sheets import FOR_EVER

# A plain parcel, for what has no picture yet.
PLAIN = "pictures/products/plain.svg"
# The width that whoever knows nothing of sizes gets.
USUAL = 640
_TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}
_NAMED = re.compile(r"([0-9a-f]{32})(?:-([0-9]{1,5}\.webp)|\.(jpg))")


@dataclass(frozen=True)
class Picture:
    """A picture as pages name it; as text it is its address. Drawings of ours have one size that fits all.

    `jpeg` is for whoever reads nothing newer: mail, other sites; empty for a drawing.
    """

    src: str
    srcset: str = ""
    width: int = 0
    height: int = 0
    jpeg: str = ""

    def __str__(self) -> str:
        return self.src


def picture(file: str) -> Picture:
    """What stands for a picture of the catalogue, as it is written there; a plain parcel where there is none yet."""
    reference = pictures.Reference.read(file)
    if reference is None:
        path = file or PLAIN
        return Picture(static(path) if (STATIC / path).is_file() else f"/static/{path}")
    sizes = {width: f"/pictures/{reference.digest}-{width}.webp" for width in reference.widths}
    return Picture(
        sizes[max([width for width in sizes if width <= USUAL], default=reference.width)],
        ", ".join(f"{address} {width}w" for width, address in sizes.items()),
        reference.width,
        reference.height,
        f"/pictures/{reference.digest}.{pictures.JPEG}",
    )


class Shelf:
    """The files that were asked for last, up to so many bytes: what is named by its content never changes."""

    def __init__(self, most: int = 16 * 1024 * 1024) -> None:
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._most = most
        self._size = 0

    def find(self, name: str) -> bytes | None:
        found = self._held.get(name)
        if found is not None:
            self._held.move_to_end(name)
        return found

    def hold(self, name: str, content: bytes) -> None:
        if name in self._held or len(content) > self._most // 4:
            return
        self._held[name] = content
        self._size += len(content)
        while self._size > self._most:
            _name, gone = self._held.popitem(last=False)
            self._size -= len(gone)


@get("/pictures/{name:str}", guards=[anyone], exclude_from_csrf=True)
async def show_picture(
    name: FromPath[str],
    request: Request[Any, Any, Any],
    state: State,
    database: NamedDependency[Database],
    storage: NamedDependency[Storage | None],
) -> Response[bytes]:
    """A size of a picture that was sent to us, drawn anew by us: nobody is asked who they are."""
    named = _NAMED.fullmatch(name)
    if named is None:
        raise NotFound(_("There is nothing at this address."))
    headers = {
        "cache-control": FOR_EVER,
        "etag": f'"{name}"',
        # Mail and other sites may show it.
        "cross-origin-resource-policy": "cross-origin",
    }
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=_type(name))
    shelf: Shelf = state.pictures
    content = shelf.find(name)
    if content is None:
        async with database.statements() as session:
            kept = await pictures.find(session, named[1], named[2] or named[3])
        content = await files.read(kept, storage)
        shelf.hold(name, content)
    return Response(content, headers=headers, media_type=_type(name))


def _type(name: str) -> str:
    return _TYPES[name.rpartition(".")[2]]


handlers = [show_picture]
