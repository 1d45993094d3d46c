"""Authentication: whether the relay in front of us, or our own check, vouches for a sender. From alone does not."""

import re
from contextlib import suppress

from channels.adapters.email.addressees import after_comment
from channels.adapters.email.parsing import ParsedMail

_LEXEMES = re.compile(
    r"""
    (?P<space>\s+)
  | "(?P<quoted>(?:[^"\\]|\\.)*)"
  | (?P<end>;)
  | (?P<equals>=)
  | (?P<word>[^\s"();=\\]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_METHOD = re.compile(r"[a-z][a-z0-9-]*(?:/[0-9]+)?")
_PROPERTY = re.compile(r"[a-z][a-z0-9-]*\.[a-z][a-z0-9_-]*")

Result = tuple[str, str, dict[str, str]]


def is_proven(mail: ParsedMail, trusted_authserv_id: str | None, found_out: str = "") -> bool:
    """Whether DKIM or DMARC passed for the very domain of the From address.

    Only the topmost Authentication-Results is read, and only when it names the relay that we trust: what
    stands below may have come with the mail. Where that relay is silent about both, what we found out ourselves
    counts. A signature counts when its domain is the sender's or a parent of it.
    """
    if mail.senders != 1:
        return False
    domain = _ascii(mail.sender.rpartition("@")[2].lower())
    stated = _stated(mail, trusted_authserv_id)
    if found_out and not is_judged(mail, trusted_authserv_id):
        ours = read(found_out)
        stated = ours[1] if ours is not None else []
    return any(_passes(result, domain) for result in stated)


def is_judged(mail: ParsedMail, trusted_authserv_id: str | None) -> bool:
    """Whether the relay that we trust says anything of DKIM or DMARC, good or bad."""
    return any(method in ("dkim", "dmarc") for method, _, _ in _stated(mail, trusted_authserv_id))


def is_refuted(mail: ParsedMail, trusted_authserv_id: str | None) -> bool:
    """Whether the relay that we trust says that DMARC failed: somebody else wrote it than From names."""
    return any(method == "dmarc" and said == "fail" for method, said, _ in _stated(mail, trusted_authserv_id))


def _stated(mail: ParsedMail, trusted_authserv_id: str | None) -> list[Result]:
    """What the relay that we trust found out; nothing when it is another's word."""
    stated = read(_topmost(mail)) if trusted_authserv_id else None
    if stated is None or stated[0] != (trusted_authserv_id or "").lower():
        return []
    return stated[1]


def _ascii(domain: str) -> str:
    """A domain as results name it: in ASCII (RFC 5890), whatever letters the sender wrote it with."""
    if not domain.isascii():
        with suppress(UnicodeError):
            return domain.encode("idna").decode()
    return domain


def _topmost(mail: ParsedMail) -> str:
    """The results among the trace lines that relays put on top, not below what the author wrote."""
    for name, value in mail.headers:
        if name == "authentication-results":
            return value
        if name in ("from", "to", "subject", "date", "message-id"):
            break
    return ""


def read(value: str) -> tuple[str, list[Result]] | None:
    """(authserv-id, [(method, result, {ptype.property: value})]), as RFC 8601 writes them, in lower case.

    None for whatever is not wholly of that form: an open quote or comment, a stray word.
    """
    parts = _parts(value)
    if parts is None:
        return None
    [named, *stated] = parts
    if not 1 <= len(named) <= 2 or "=" in named:
        return None
    results: list[Result] = []
    for part in stated:
        if part in ([], ["none"]):
            continue
        facts = _facts(part)
        if facts is None or not _METHOD.fullmatch(facts[0][0]):
            return None
        [(method, result), *properties] = facts
        known: dict[str, str] = {}
        for name, said in properties:
            if name not in ("reason", "action") and (not _PROPERTY.fullmatch(name) or name in known):
                return None
            known[name] = said
        results.append((method.partition("/")[0], result, known))
    return named[0], results


def _parts(value: str) -> list[list[str]] | None:
    """The words between semicolons: comments gone, a quoted string marked by a leading quote; None if open."""
    parts: list[list[str]] = [[]]
    place, joins = 0, False
    while place < len(value):
        if value[place] == "(":
            after = after_comment(value, place)
            if after is None:
                return None
            place, joins = after, False
            continue
        found = _LEXEMES.match(value, place)
        if found is None:
            return None
        place = found.end()
        quoted, word = found["quoted"], found["word"]
        if found["end"]:
            parts.append([])
        elif found["equals"]:
            parts[-1].append("=")
        elif quoted is not None or word is not None:
            piece = word.lower() if word is not None else '"' + re.sub(r"\\(.)", r"\1", quoted).lower()
            # What touches is one word: a quoted local part and its domain.
            if joins:
                parts[-1][-1] += piece
            else:
                parts[-1].append(piece)
        joins = quoted is not None or word is not None
    return parts


def _facts(words: list[str]) -> list[tuple[str, str]] | None:
    """The name=value pairs that a part consists of, of nothing else; a value may be quoted, a name never."""
    facts: list[tuple[str, str]] = []
    place = 0
    while place < len(words):
        triple = words[place : place + 3]
        if len(triple) < 3 or triple[1] != "=" or triple[0][0] in '"=' or triple[2] == "=":
            return None
        facts.append((triple[0], triple[2].removeprefix('"')))
        place += 3
    return facts


def _passes(result: Result, domain: str) -> bool:
    method, said, facts = result
    if said != "pass" or not domain:
        return False
    if method == "dmarc":
        return facts.get("header.from") == domain
    if method == "dkim":
        signer = facts.get("header.d") or facts.get("header.i", "").rpartition("@")[2]
        return "." in signer and (domain == signer or domain.endswith("." + signer))
    return False
