"""Forms: what a person filled in, as a typed struct, or the sentences to show beside its fields."""

from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile

from core.errors import Invalid
from core.rendering import gettext as _

MAX_LENGTH = 20_000


async def read_form[T: msgspec.Struct](request: Request[Any, Any, Any], kind: type[T]) -> T:
    """The posted form as `kind`; its field names are the input names.

    An empty input counts as left out: a field with a default takes it, one without is missing. Fields typed as
    lists take every value of their name. Raises Invalid with a sentence for each field that is wrong.
    """
    form = await request.form()
    values: dict[str, Any] = {}
    fields: dict[str, str] = {}
    for field in msgspec.structs.fields(kind):
        given = [_text(value) for value in form.getall(field.encode_name, [])]
        given = [value for value in given if value != ""]
        many = getattr(field.type, "__origin__", None) is list
        if not given:
            if field.required and not many:
                fields[field.name] = _("Please fill this in.")
            elif many:
                values[field.name] = []
            continue
        try:
            values[field.name] = msgspec.convert(
                given if many else _one(given[0], field.type), field.type, strict=False
            )
        except msgspec.ValidationError:
            fields[field.name] = _("This does not look right.")
    if fields:
        raise Invalid(_("Some of what you entered needs another look."), fields)
    return kind(**values)


def _one(value: str, kind: Any) -> str | bool:
    # A ticked box without a value of its own says "on".
    return value == "on" or value if kind is bool else value


def _text(value: Any) -> str:
    if isinstance(value, UploadFile):
        return ""
    text = str(value).replace("\x00", "").strip()
    if len(text) > MAX_LENGTH:
        raise Invalid(_("That is longer than we can take."))
    return text
