"""Sentences that are written in English where they arise and translated where somebody reads them."""

from typing import Any


class Worded(str):
    """A sentence with values in it: English as a string, and what it was made of for any other language."""

    __slots__ = ("template", "values")
    template: str
    values: dict[str, Any]


def worded(template: str, **values: Any) -> Worded:
    """`template % values`, still translatable by core.rendering.gettext."""
    sentence = Worded(template % values)
    sentence.template, sentence.values = template, values
    return sentence


def mark(message: str) -> str:
    """The message as it is; says to those who collect messages that this one is read by people."""
    return message
