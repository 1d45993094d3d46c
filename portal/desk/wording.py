"""Wording: what the company says of its own things in the customers' other languages, as a form brings it."""

from collections.abc import Mapping
from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile

from core.rendering import LANGUAGES
from portal.forms import MAX_LENGTH

OTHERS = [(code, name) for code, name in LANGUAGES.items() if code != "en"]


async def read_translations(request: Request[Any, Any, Any], *keys: str) -> dict[str, dict[str, str]]:
    """The inputs named `name-de` and so on, as {locale: {key: words}}."""
    form = await request.form()

    def text(name: str) -> str:
        given = form.get(name, "")
        return "" if isinstance(given, UploadFile) else str(given).replace("\x00", "").strip()[:MAX_LENGTH]

    return {code: {key: text(f"{key}-{code}") for key in keys} for code, _name in OTHERS}


def shown(translations: Mapping[str, Any], *keys: str) -> dict[str, dict[str, str]]:
    """The same of what is kept: every language with every key."""
    return {
        code: {key: str(translations.get(code, {}).get(key, "")) for key in keys} for code, _name in OTHERS
    }
