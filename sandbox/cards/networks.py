"""Cards and what their banks answer: Stripe's published test numbers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """A test card: `answer` is "approve", "authenticate" (3-D Secure) or a decline code."""

    number: str
    brand: str
    answer: str
    explanation: str
    token: str


CARDS = (
    Card("4242424242424242", "visa", "approve", "Pays at once", "pm_card_visa"),
    Card("5555555555554444", "mastercard", "approve", "Pays at once", "pm_card_mastercard"),
    Card("4000002500003155", "visa", "authenticate", "Asks for 3-D Secure", "pm_card_authenticationRequired"),
    Card(
        "4000000000000002", "visa", "generic_decline", "Declined by the bank", "pm_card_visa_chargeDeclined"
    ),
    Card(
        "4000000000009995",
        "visa",
        "insufficient_funds",
        "Declined: not enough money",
        "pm_card_visa_chargeDeclinedInsufficientFunds",
    ),
    Card(
        "4000000000000069",
        "visa",
        "expired_card",
        "Declined: card expired",
        "pm_card_chargeDeclinedExpiredCard",
    ),
)
DECLINES = {
    "generic_decline": ("card_declined", "Your card was declined."),
    "insufficient_funds": ("card_declined", "Your card has insufficient funds."),
    "expired_card": ("expired_card", "Your card has expired."),
}
_TOKENS = {card.token: card for card in CARDS} | {
    "pm_card_chargeDeclined": CARDS[3],
    "pm_card_threeDSecure2Required": CARDS[2],
    "pm_card_chargeDeclinedInsufficientFunds": CARDS[4],
}
_NUMBERS = {card.number: card for card in CARDS}


def is_card_number(digits: str) -> bool:
    """Whether the check digit fits (Luhn)."""
    if not digits.isdecimal() or not 12 <= len(digits) <= 19:
        return False
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        doubled = digit * (place % 2 + 1)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def find_card(number_or_token: str) -> Card | None:
    """The card for a typed number or a `pm_card_...` token; None for what is no card.

    A sound number that Stripe does not list is declined, as a real card is in test mode.
    """
    if number_or_token in _TOKENS:
        return _TOKENS[number_or_token]
    digits = "".join(number_or_token.split()).replace("-", "")
    if not is_card_number(digits):
        return None
    return _NUMBERS.get(digits) or Card(digits, "visa", "generic_decline", "Not a test card", "")
