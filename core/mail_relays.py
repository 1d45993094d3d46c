"""The mail servers that take what we send, in the order in which they are asked."""

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlsplit

from core.errors import Invalid
from core.settings import Settings

Security = Literal["none", "starttls", "tls"]
_SCHEMES: dict[str, tuple[Security, int]] = {
    "smtp": ("none", 25),
    "smtp+starttls": ("starttls", 587),
    "smtps": ("tls", 465),
}


@dataclass(frozen=True)
class MailRelay:
    """How to reach one of them; without a username we do not log in."""

    host: str
    port: int
    security: Security = "none"
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """What it is called on pages, in figures and in logs: nothing secret."""
        return f"{self.host}:{self.port}"


def mail_relays(settings: Settings) -> list[MailRelay]:
    """The relay of the settings, then the spare ones. Raises Invalid, and repeats nothing of what is wrong."""
    password = settings.smtp_relay_password
    first = MailRelay(
        settings.smtp_relay_host,
        settings.smtp_relay_port,
        settings.smtp_relay_security,
        settings.smtp_relay_username,
        password.get_secret_value() if password else None,
    )
    stated = settings.smtp_spare_relays.get_secret_value() if settings.smtp_spare_relays else ""
    return [first, *(_relay(each, number) for number, each in enumerate(stated.split(), 1))]


def _relay(stated: str, number: int) -> MailRelay:
    broken = Invalid(f"Spare relay {number} is not of the form smtp+starttls://user:password@host:587.")
    try:
        url = urlsplit(stated)
        port = url.port
    except ValueError:
        raise broken from None
    whole = bool(url.username) == bool(url.password) and not (
        url.path.strip("/") or url.query or url.fragment
    )
    if url.scheme not in _SCHEMES or not url.hostname or not whole:
        raise broken
    security, usual = _SCHEMES[url.scheme]
    return MailRelay(
        url.hostname,
        port or usual,
        security,
        unquote(url.username) if url.username else None,
        unquote(url.password) if url.password else None,
    )
