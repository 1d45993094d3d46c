"""Fields: what the API takes and shows wherever it stands."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

# PostgreSQL keeps no NUL; said in the type, so that the description says it as well.
TEXT = r"^[^\x00]*$"
# Something that is not only white space.
WORDS = r"^\s*[^\s\x00][^\x00]*$"

Moment = Annotated[datetime, Meta(tz=True)]
