"""What stands in the DNS, and how it is published."""

from dataclasses import dataclass
from typing import Protocol

from core.errors import TransientError
from core.launcher.findings import Finding


class Names(Protocol):
    """Whom to ask: what stands under a name, empty when nothing does. Raises TransientError without an answer."""

    def texts(self, name: str) -> list[str]: ...

    def exchanges(self, name: str) -> list[tuple[int, str]]: ...

    def addresses(self, name: str) -> list[str]: ...


@dataclass(frozen=True)
class Record:
    """A line to publish."""

    name: str
    kind: str
    value: str

    def __str__(self) -> str:
        """As zone files write it, a long text in pieces of 255 characters."""
        value = self.value
        if self.kind == "TXT":
            value = " ".join(f'"{value[at : at + 255]}"' for at in range(0, len(value), 255))
        return f"{self.name}. IN {self.kind} {value}"


def silent(what: str, error: TransientError) -> Finding:
    """That nobody could be asked."""
    return Finding("fail", what, error.message, "Ask again, or another name server with --resolver.")
