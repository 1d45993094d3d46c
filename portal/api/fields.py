"""Fields: what the API takes and shows wherever it stands."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from core.rendering import LANGUAGES

# PostgreSQL keeps no NUL; said in the type, so that the description says it as well.
TEXT = r"^[^\x00]*$"
# Something that is not only white space.
# What white space is, is spelt out where languages of patterns differ.
_SPACE = r"\s\x1c-\x1f\x85\ufeff"
WORDS = rf"^[{_SPACE}]*[^\x00{_SPACE}][^\x00]*$"
ADDRESS = rf"^[^@\x00{_SPACE}]+@[^@\x00{_SPACE}]+$"

Moment = Annotated[datetime, Meta(tz=True)]

Language = Literal["en", "de", "es", "hu", "pt"]
assert set(LANGUAGES) == set(Language.__args__)  # type: ignore[attr-defined]  # a Literal has them
