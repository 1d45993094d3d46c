"""How a text message is counted, and how it names its way out."""

from dataclasses import dataclass
from typing import Literal

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("\f^{}\\[~]|€")  # two septets each

STOP = {
    "en": "Reply STOP to opt out.",
    "de": "Abmelden: STOP antworten.",
    "es": "Baja: responda STOP.",
    "hu": "Leiratkozás: STOP válasz.",
    "pt": "Para sair, responda STOP.",
}


@dataclass(frozen=True)
class Length:
    """`units` of the encoding (GSM 03.38 septets or UTF-16 code units) and the `parts` that are paid for."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    parts: int


def measure(text: str) -> Length:
    """How the phone network counts this text."""
    if all(letter in GSM or letter in GSM_EXTENDED for letter in text):
        widths = [2 if letter in GSM_EXTENDED else 1 for letter in text]
        return Length("GSM-7", sum(widths), _parts(widths, 160, 153))
    widths = [len(letter.encode("utf-16-le")) // 2 for letter in text]
    return Length("UCS-2", sum(widths), _parts(widths, 70, 67))


def _parts(widths: list[int], alone: int, together: int) -> int:
    """A character that takes two units is never split between two parts."""
    if sum(widths) <= alone:
        return 1
    parts, used = 1, 0
    for width in widths:
        if used + width > together:
            parts, used = parts + 1, 0
        used += width
    return parts


def with_way_out(text: str, locale: str) -> str:
    """The text with the note on STOP, unless it speaks of STOP itself."""
    if "STOP" in text:
        return text
    return f"{text.rstrip()}\n{STOP.get(locale[:2], STOP['en'])}"
