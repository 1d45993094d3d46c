"""What the HTTP door itself refuses, whatever the domain would say."""

from core.errors import DomainError


class NotSignedIn(Exception):
    """The route asks for someone signed in, and nobody is."""


class TooMany(DomainError):
    """Tried too often; `wait` is how many seconds to leave it alone."""

    def __init__(self, message: str, wait: int) -> None:
        super().__init__(message)
        self.wait = wait


class NotRecognised(DomainError):
    """The request brings no token that opens anything."""


class Changed(DomainError):
    """If-Match names a version that is no longer the current one."""
