"""Recipients: whom an e-mail goes to, as people type it."""

import re

from channels import outbox
from core.errors import Invalid
from core.words import worded

# What stands between separators; a name in quotes may hold any of them.
_ONE = re.compile(r'(?:"[^"\r\n]*"|[^,;\r\n])+')
_NAMED = re.compile(r".*<([^<>]*)>", re.DOTALL)


def addresses(typed: str, field: str = "to") -> tuple[str, ...]:
    """Addresses as people type them: with names or without, commas, semicolons or line breaks between.

    Raises Invalid, for `field`, for what is no address: nobody who was typed is left out in silence.
    """
    found: dict[str, None] = {}
    for one in _ONE.findall(typed):
        said = one.strip()
        if not said:
            continue
        named = _NAMED.fullmatch(said)
        address = named[1].strip() if named else said
        if not outbox.is_sendable(address):
            wrong = worded("“%(typed)s” is not an e-mail address.", typed=(address or said)[:80])
            raise Invalid(wrong, {field: wrong})
        found.setdefault(address)
    return tuple(found)
