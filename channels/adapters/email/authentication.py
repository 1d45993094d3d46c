"""Authentication: whether the relay in front of us vouches for the sender. From alone is not identity."""

import re

from channels.adapters.email.parsing import ParsedMail

_COMMENT = re.compile(r"\([^()]*\)")


def is_proven(mail: ParsedMail, trusted_authserv_id: str | None) -> bool:
    """Whether DKIM or DMARC passed for the very domain of the From address.

    Only the topmost Authentication-Results is read, and only when it names the relay that we trust: what
    stands below came with the mail. A signature counts when its domain is the sender's or a parent of it.
    """
    if not trusted_authserv_id or mail.senders != 1:
        return False
    stated = mail.first("authentication-results")
    if not stated or not _above_the_letter(mail):
        return False
    for _ in range(5):
        stated = _COMMENT.sub(" ", stated)
    authserv_id, *results = stated.split(";")
    if authserv_id.split()[:1] != [trusted_authserv_id]:
        return False
    domain = mail.sender.rpartition("@")[2].lower()
    return any(_passes(result, domain) for result in results)


def _above_the_letter(mail: ParsedMail) -> bool:
    """Whether it stands among the trace lines that relays put on top, not below what the author wrote."""
    for name, _ in mail.headers:
        if name == "authentication-results":
            return True
        if name in ("from", "to", "subject", "date", "message-id"):
            return False
    return False


def _passes(result: str, domain: str) -> bool:
    method, *properties = result.split()[:20] or [""]
    facts = dict(each.lower().split("=", 1) for each in properties if "=" in each)
    match method.lower():
        case "dmarc=pass":
            return facts.get("header.from", "") == domain
        case "dkim=pass":
            signer = facts.get("header.d") or facts.get("header.i", "").rpartition("@")[2]
            return "." in signer and (domain == signer or domain.endswith("." + signer))
    return False
