"""Recipients: whom an e-mail goes to, as people type it."""

import re
from email.utils import getaddresses

from channels import outbox
from core.errors import Invalid
from core.words import worded


def addresses(typed: str, field: str = "to") -> tuple[str, ...]:
    """Addresses as people type them: with names or without, commas, semicolons or line breaks between.

    Raises Invalid, for `field`, for what is no address.
    """
    found: dict[str, None] = {}
    for name, address in getaddresses([re.sub(r"[;\r\n]+", ",", typed)]):
        if not (name or address):
            continue
        if not outbox.is_sendable(address):
            said = worded("“%(typed)s” is not an e-mail address.", typed=(address or name)[:80])
            raise Invalid(said, {field: said})
        found.setdefault(address)
    return tuple(found)
