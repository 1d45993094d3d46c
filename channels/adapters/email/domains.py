"""Domains: who owns one, as far as names tell: the organisational domain of DMARC (RFC 7489, 3.2)."""

import re
from contextlib import suppress
from functools import cache

from publicsuffixlist import PublicSuffixList

_NAME = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}")


def plain(domain: str) -> str:
    """A domain as the DNS names it, in ASCII (RFC 5890) and lower case; empty for what is none."""
    name = domain.strip().lower()
    if not name.isascii():
        with suppress(UnicodeError):
            name = name.encode("idna").decode()
    return name if _NAME.fullmatch(name) else ""


def organisation(domain: str) -> str:
    """The domain that somebody registered, of which this one is a part; empty for a public suffix."""
    return str(_suffixes().privatesuffix(domain) or "")


@cache
def _suffixes() -> PublicSuffixList:
    # Mozilla's list, in the library: private suffixes (github.io) count, as strangers share them.
    return PublicSuffixList()
