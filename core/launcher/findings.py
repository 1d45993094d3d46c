"""What `throughline doctor` found."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: how it stands, and what to do when it does not stand well."""

    level: Level
    what: str
    told: str
    mend: str = ""
