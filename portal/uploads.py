"""Uploads: the files of a posted form, as they came."""

from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile


async def read_uploads(request: Request[Any, Any, Any], name: str = "files") -> list[tuple[str, bytes]]:
    """What was chosen in the file inputs of this name: (file name, content) each."""
    given = (await request.form()).getall(name, [])
    return [(one.filename, await one.read()) for one in given if isinstance(one, UploadFile) and one.filename]
