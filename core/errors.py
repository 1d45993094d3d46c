"""Errors that domain functions raise; every message is fit to show to a person."""

from collections.abc import Mapping


class DomainError(Exception):
    """Something the caller asked for cannot be done; `message` says what, in words for a person."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(DomainError):
    """The thing does not exist, or not for the one who asks."""


class NotAllowed(DomainError):
    """The one who asks may not do this."""


class Conflict(DomainError):
    """The thing has moved on since the caller last saw it, or its state does not allow this."""


class Invalid(DomainError):
    """What was handed in is wrong; `fields` maps a field's name to the sentence shown beside it."""

    def __init__(self, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


class TransientError(DomainError):
    """Trying again later may work: a provider was down, a connection broke."""
