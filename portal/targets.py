"""Where a person is led after a form: only ever to a page of ours."""

import re
from urllib.parse import urlsplit

_PATH = re.compile(r"/[!-\[\]-~]*")  # printable ASCII without the backslash, which browsers read as a slash


def local(target: str | None, otherwise: str) -> str:
    """`target` when it is a path of this site, else `otherwise`."""
    if not target or len(target) > 2000 or target.startswith("//") or not _PATH.fullmatch(target):
        return otherwise
    parts = urlsplit(target)
    return otherwise if parts.scheme or parts.netloc else target
