"""Stored: a file as a storage lists it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Stored:
    name: str
    size: int
    stored_at: datetime
