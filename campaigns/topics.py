"""What customers can choose to hear about, on each channel."""

from dataclasses import dataclass

from core.errors import Invalid
from customers.consent import NEWS

CHANNELS = ("email", "sms")


@dataclass(frozen=True)
class Topic:
    key: str
    name: str
    about: str


TOPICS = (
    Topic(NEWS, "News and seasons", "New coffees, new machines, and what the season brings."),
    Topic("offers", "Offers", "Reduced prices and bundles, a few times a year."),
    Topic("care", "Care for your machine", "Descaling, grinding, and when a part is worth replacing."),
)


def topic(key: str) -> Topic:
    """Raises Invalid for a topic that is not offered."""
    for known in TOPICS:
        if known.key == key:
            return known
    raise Invalid("That topic does not exist.", {"topic": "Choose one of the topics."})
