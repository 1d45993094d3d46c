"""Glyphs: a text as the fonts at hand can show it. The record keeps what was written; only paper is poorer."""

import unicodedata
from collections.abc import Callable, Iterator

SIGN = "□"
# What the text of our documents is made of anyway, and every language that they are written in.
CERTAIN = frozenset(
    [chr(code) for code in range(0x20, 0x7F)]
    + [chr(code) for code in range(0xA1, 0x180) if code not in (0xAD, 0x149)]
    + list("–—‘’‚“”„…€−")
)
# Spaces of numbers and dates, which stand for themselves.
SPACES = frozenset("\u00a0\u202f\u2009")
JOINERS = frozenset("\u200c\u200d")
# So many different signs of one document are asked about; more than that no address or order ever has.
MOST_ASKED = 300
LONGEST_CLUSTER = 8


def clean(text: str) -> str:
    """The text composed (NFC), without what is not meant to be seen; private and broken signs become SIGN."""
    kept: list[str] = []
    for sign in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(sign)
        if kind in ("Zl", "Zp") or sign in "\t\n\r\v\f\u0085":
            kept.append(" ")
        elif kind in ("Co", "Cs"):
            kept.append(SIGN)
        elif kind == "Cc" or (kind == "Cf" and sign not in JOINERS):
            continue  # among them those that turn the order of signs around: an invoice reads as it was written
        else:
            kept.append(sign)
    return "".join(kept)


def replaced(text: str, can_show: Callable[[str], bool], known: dict[str, str] | None = None) -> str:
    """The text with SIGN for each cluster of which `can_show` says no; marks it cannot show fall away first.

    `known` carries the answers from one text of a document to the next.
    """
    answers = {} if known is None else known
    shown: list[str] = []
    for cluster in _clusters(text):
        if len(cluster) == 1 and (cluster in CERTAIN or cluster in SPACES or cluster == SIGN):
            shown.append(cluster)
            continue
        if cluster not in answers:
            asked = len(answers) < MOST_ASKED
            answers[cluster] = _nearest(cluster, can_show) if asked else SIGN
        shown.append(answers[cluster])
    return "".join(shown)


def certain(text: str) -> str:
    """The text in the plainest signs, for when nothing else would do."""
    return "".join(sign if sign in CERTAIN or sign in SPACES else "?" for sign in text)


def _nearest(cluster: str, can_show: Callable[[str], bool]) -> str:
    if len(cluster) <= LONGEST_CLUSTER and can_show(cluster):
        return cluster
    base = cluster[0]
    if len(cluster) > 1 and (base in CERTAIN or can_show(base)):
        return base
    return SIGN


def _clusters(text: str) -> Iterator[str]:
    """A sign with the marks upon it, and what a joiner ties to it."""
    cluster = ""
    for sign in text:
        tied = unicodedata.category(sign)[0] == "M" or sign in JOINERS or 0x1F3FB <= ord(sign) <= 0x1F3FF
        if cluster and (tied or cluster[-1] == "\u200d"):
            cluster += sign
            continue
        if cluster:
            yield cluster
        cluster = sign
    if cluster:
        yield cluster
