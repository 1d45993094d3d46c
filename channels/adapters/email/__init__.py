"""E-mail: composed here, handed to a relay over SMTP; received by a listener of our own."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the process that parses mail comes through here, and needs neither
    from channels.base import Channel
    from core.settings import Settings

NAME = "email"


def connect(settings: "Settings") -> "Channel":
    """The open road to the relay that settings name."""
    from channels.adapters.email.outgoing import Mail

    return Mail(settings)
