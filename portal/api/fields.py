"""Fields: what the API takes and shows wherever it stands."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

# PostgreSQL keeps no NUL; said in the type, so that the description says it as well.
TEXT = r"^[^\x00]*$"
# Something that is not only white space.
# What white space is, is spelt out where languages of patterns differ.
WORDS = r"^[\s\x1c-\x1f\x85\ufeff]*[^\s\x00\x1c-\x1f\x85\ufeff][^\x00]*$"

Moment = Annotated[datetime, Meta(tz=True)]
